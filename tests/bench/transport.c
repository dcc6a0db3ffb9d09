/*
 * What tests/bench/transport.ts compares with: the same packets, sent and received by C.
 *
 *     transport send|recv plain|train GROUP PORT COUNT SIZE     (SIZE 0: 36 to 512 bytes, mixed)
 *
 * plain: send() and recv(). train: UDP_SEGMENT and UDP_GRO, or sendmmsg() where sizes are mixed.
 * Each packet begins with its number. Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define SIZES 4096

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void set(int s, int level, int option, int value) {
  if (setsockopt(s, level, option, &value, sizeof value) < 0) perror("setsockopt");
}

static int sizes[SIZES];

static void make_sizes(int size) {
  unsigned state = 1;
  for (int i = 0; i < SIZES; i++) {
    state = state * 1103515245u + 12345u;
    sizes[i] = size ? size : 36 + (int)((state >> 16) % 477);
  }
}

static void report(long packets, long gaps, double seconds) {
  printf("{\"packets\":%ld,\"gaps\":%ld,\"seconds\":%.6f}\n", packets, gaps, seconds);
}

static void put(unsigned char *at, unsigned seq) { memcpy(at, &seq, 4); }

static void send_all(int s, int train, long count, int size) {
  static unsigned char slab[BATCH * 512];
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  memset(messages, 0, sizeof messages);
  if (train && size) set(s, SOL_UDP, UDP_SEGMENT, size);
  double began = now();
  unsigned seq = 0;
  while (seq < count) {
    int n = count - seq < BATCH ? (int)(count - seq) : BATCH, end = 0;
    for (int i = 0; i < n; i++) {
      int length = sizes[seq % SIZES];
      parts[i].iov_base = slab + end;
      parts[i].iov_len = length;
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      put(slab + end, seq++);
      end += length;
    }
    if (train && size) {
      if (send(s, slab, end, 0) < 0) perror("send");
    } else if (train) {
      for (int sent = 0; sent < n;) {
        int k = sendmmsg(s, messages + sent, n - sent, 0);
        if (k < 0) { perror("sendmmsg"); break; }
        sent += k;
      }
    } else {
      for (int i = 0; i < n; i++)
        if (send(s, parts[i].iov_base, parts[i].iov_len, 0) < 0) perror("send");
    }
  }
  report(seq, 0, now() - began);
}

static void receive_all(int s, int train, long count) {
  static unsigned char bytes[65536];
  char control[64];
  struct iovec part = {bytes, sizeof bytes};
  long packets = 0, gaps = 0;
  unsigned next = 0;
  double began = 0, last = 0;
  printf("ready\n");
  fflush(stdout);
  while (packets < count) {
    struct msghdr message = {0};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    long length = train ? recvmsg(s, &message, 0) : recv(s, bytes, sizeof bytes, 0);
    if (length < 0) {
      if (errno == EINTR) continue;
      break; /* Nothing came for so long: the rest is lost. */
    }
    if (packets == 0) {
      struct timeval wait = {0, 400000};
      setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
      began = now();
    }
    long size = length;
    if (train)
      for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
          int segment;
          memcpy(&segment, CMSG_DATA(c), sizeof segment);
          size = segment;
        }
    for (long at = 0; at < length; at += size) {
      unsigned seq;
      memcpy(&seq, bytes + at, 4);
      if (seq != next) gaps++;
      next = seq + 1;
      packets++;
    }
    last = now();
  }
  report(packets, gaps, last - began);
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  int sending = !strcmp(argv[1], "send"), train = !strcmp(argv[2], "train");
  long count = atol(argv[5]);
  int size = atoi(argv[6]), s = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in group = {0};
  group.sin_family = AF_INET;
  group.sin_port = htons(atoi(argv[4]));
  inet_pton(AF_INET, argv[3], &group.sin_addr);
  struct in_addr lo;
  inet_pton(AF_INET, "127.0.0.1", &lo);
  make_sizes(size);
  if (sending) {
    setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo);
    set(s, IPPROTO_IP, IP_MULTICAST_TTL, 1);
    if (connect(s, (void *)&group, sizeof group) < 0) perror("connect");
    send_all(s, train, count, size);
  } else {
    int buffer = 8 << 20;
    struct timeval wait = {15, 0};
    set(s, SOL_SOCKET, SO_REUSEADDR, 1);
    set(s, SOL_SOCKET, SO_RCVBUF, buffer);
    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (train) set(s, SOL_UDP, UDP_GRO, 1);
    if (bind(s, (void *)&group, sizeof group) < 0) perror("bind");
    struct ip_mreq member = {group.sin_addr, lo};
    setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member);
    receive_all(s, train, count);
  }
  return 0;
}
