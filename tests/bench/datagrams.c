/*
 * What tests/bench/datagrams.ts does, by C: the same packets, the same window, the same checks.
 *
 *     datagrams send|recv plain|mmsg|train GROUP PORT COUNT SIZES SHARED LISTENERS|PLACE
 *
 * plain: send() and recv(). mmsg: sendmmsg() and recvmmsg(). train: UDP_SEGMENT and UDP_GRO, for packets
 * of one size. SIZES and SHARED are files, see datagrams.ts. Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define SIZES 4096
#define SIZE_MAX_BYTES 1472
#define TRAIN_MAX_BYTES 65507
#define PACKET_CHARGE 2560
#define WINDOW_MAX 4096
#define PLACE 16
#define TELL_EVERY 32
#define STALL_S 2

static int32_t sizes[SIZES];
static volatile int32_t *shared;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void must(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(1);
}

static void set(int s, int level, int option, int value) {
  must(setsockopt(s, level, option, &value, sizeof value) == 0, "setsockopt");
}

/* Until every listener has so much room; then how many packets may leave, a power of two. */
static int window_of(int listeners, int *window) {
  int least = WINDOW_MAX, batch = BATCH;
  for (int i = 0; i < listeners; i++) {
    int granted = shared[PLACE * i + 1] / PACKET_CHARGE;
    if (granted < least) least = granted;
  }
  while (batch > 1 && (batch > least / 2 || batch * sizes[0] > TRAIN_MAX_BYTES)) batch /= 2;
  *window = least;
  return batch;
}

/* The system has told of what the slowest listener has seen. */
static void wait_for_room(uint32_t seq, int n, int window, int listeners) {
  double since = 0;
  uint32_t before = 0;
  for (;;) {
    uint32_t least = UINT32_MAX;
    for (int i = 0; i < listeners; i++) {
      uint32_t seen = shared[PLACE * i];
      if (seen < least) least = seen;
    }
    if (seq + n - least <= (uint32_t)window) return;
    if (since == 0 || least != before) since = now(), before = least;
    else if (now() - since > STALL_S) {
      printf("{\"stalled\":%u}\n", seq);
      exit(0);
    }
    sched_yield();
  }
}

static void send_all(int s, const char *mode, long count, int listeners) {
  static unsigned char slab[BATCH * SIZE_MAX_BYTES];
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  int window, most = window_of(listeners, &window), plain = !strcmp(mode, "plain");
  int train = !strcmp(mode, "train");
  memset(messages, 0, sizeof messages);
  if (train) set(s, SOL_UDP, UDP_SEGMENT, sizes[0]);
  uint32_t seq = 0;
  while (seq < count) {
    int n = count - seq < most ? (int)(count - seq) : most, end = 0;
    wait_for_room(seq, n, window, listeners);
    for (int i = 0; i < n; i++) {
      int length = sizes[seq % SIZES];
      parts[i].iov_base = slab + end;
      parts[i].iov_len = length;
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      memcpy(slab + end, &seq, 4);
      end += length;
      slab[end - 1] = (unsigned char)seq;
      seq++;
    }
    if (train) {
      must(send(s, slab, end, 0) == end, "send");
    } else if (plain) {
      for (int i = 0; i < n; i++)
        must(send(s, parts[i].iov_base, parts[i].iov_len, 0) > 0, "send");
    } else {
      for (int sent = 0; sent < n;) {
        int k = sendmmsg(s, messages + sent, n - sent, 0);
        must(k > 0, "sendmmsg");
        sent += k;
      }
    }
  }
  printf("{\"packets\":%u}\n", seq);
}

struct seen {
  long packets, gaps, warm;
  uint32_t next, sum;
  double began;
};

static inline void take(struct seen *seen, volatile int32_t *place, const unsigned char *bytes, long size) {
  uint32_t seq;
  memcpy(&seq, bytes, 4);
  if (seq != seen->next) seen->gaps++;
  seen->next = seq + 1;
  seen->sum = (seen->sum ^ seq) * 16777619u + (uint32_t)size + bytes[size - 1];
  if (seen->packets == seen->warm) seen->began = now();
  seen->packets++;
  if (seen->next % TELL_EVERY == 0) place[0] = (int32_t)seen->next;
}

static void receive_all(int s, const char *mode, long count, volatile int32_t *place) {
  static unsigned char bytes[BATCH][65536];
  int train = !strcmp(mode, "train"), many = !strcmp(mode, "mmsg"), first = 1;
  char control[64];
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    parts[i].iov_base = bytes[i];
    parts[i].iov_len = sizeof bytes[i];
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  struct seen seen = {0};
  seen.warm = count / 3;
  int granted;
  socklen_t length = sizeof granted;
  must(getsockopt(s, SOL_SOCKET, SO_RCVBUF, &granted, &length) == 0, "getsockopt");
  place[1] = granted / 2;
  printf("ready\n");
  fflush(stdout);
  while (seen.packets < count) {
    long got;
    if (train) {
      struct msghdr *header = &messages[0].msg_hdr;
      header->msg_control = control;
      header->msg_controllen = sizeof control;
      got = recvmsg(s, header, 0);
    } else if (many) got = recvmmsg(s, messages, BATCH, MSG_WAITFORONE, NULL);
    else got = recv(s, bytes[0], sizeof bytes[0], 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      break; /* Nothing came for so long: the rest is lost. */
    }
    if (first) {
      struct timeval wait = {1, 0};
      setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
      first = 0;
    }
    if (many) {
      for (int i = 0; i < got; i++) take(&seen, place, bytes[i], messages[i].msg_len);
      continue;
    }
    long size = got;
    if (train) {
      struct msghdr *header = &messages[0].msg_hdr;
      for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
          int segment;
          memcpy(&segment, CMSG_DATA(c), sizeof segment);
          size = segment;
        }
    }
    for (long at = 0; at < got; at += size)
      take(&seen, place, bytes[0] + at, got - at < size ? got - at : size);
  }
  double seconds = now() - seen.began;
  printf("{\"packets\":%ld,\"gaps\":%ld,\"sum\":%u,\"measured\":%ld,\"seconds\":%.9f}\n",
         seen.packets, seen.gaps, seen.sum, seen.packets - seen.warm, seconds);
}

int main(int argc, char **argv) {
  if (argc != 9) return 2;
  int sending = !strcmp(argv[1], "send"), s = socket(AF_INET, SOCK_DGRAM, 0);
  const char *mode = argv[2];
  long count = atol(argv[5]);
  int file = open(argv[6], O_RDONLY);
  must(file >= 0 && read(file, sizes, sizeof sizes) == sizeof sizes, "sizes");
  int memory = open(argv[7], O_RDWR);
  void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  must(memory >= 0 && mapped != MAP_FAILED, "mmap");
  shared = mapped;
  struct sockaddr_in group = {0};
  group.sin_family = AF_INET;
  group.sin_port = htons(atoi(argv[4]));
  inet_pton(AF_INET, argv[3], &group.sin_addr);
  struct in_addr lo;
  inet_pton(AF_INET, "127.0.0.1", &lo);
  if (sending) {
    must(setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo) == 0, "IP_MULTICAST_IF");
    set(s, IPPROTO_IP, IP_MULTICAST_TTL, 1);
    must(connect(s, (void *)&group, sizeof group) == 0, "connect");
    send_all(s, mode, count, atoi(argv[8]));
  } else {
    int buffer = 8 << 20;
    struct timeval wait = {15, 0};
    set(s, SOL_SOCKET, SO_REUSEADDR, 1);
    set(s, SOL_SOCKET, SO_RCVBUF, buffer);
    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (!strcmp(mode, "train")) set(s, SOL_UDP, UDP_GRO, 1);
    must(bind(s, (void *)&group, sizeof group) == 0, "bind");
    struct ip_mreq member = {group.sin_addr, lo};
    must(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) == 0, "join");
    receive_all(s, mode, count, shared + PLACE * atoi(argv[8]));
  }
  return 0;
}
