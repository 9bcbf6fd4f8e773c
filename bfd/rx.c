/* Receiving: sockets are read in batches, with the kernel's time stamps. */
#include "bfd/proc.h"
#include "bfd/receive.h"
#include "bfd/socket.h"
#include "lib/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum {
	BATCH_N = 64,
	BATCHES_A_TURN = 8,     /* then timers have their turn again */
	BATCHES_A_DRAIN = 4096, /* a bound; 4 MB hold fewer packets */
	PAYLOAD_MAX = 256,      /* Length is 8 bits: what stands behind is padding */
	CONTROL_MAX = 256,
	STAMP_SLACK_NS = 5000000, /* a packet is stamped a little before it is queued */
	PACE_NS = 20000000,       /* the rate of packets is looked at so often */
	PACE_BUSY = 60,           /* packets in that time: 3000/s */
	PACE_CALM = 30,
	POLL_NS = 1000000,
	READY_N = 64,
	QUEUE_HALF = 256,         /* packets; a socket of the default size holds 550 */
	FULL_MOST_NS = 100000000, /* what came in a longer time may have come in this one */
};

struct bfd_rx_batch {
	struct mmsghdr message[BATCH_N];
	struct iovec iov[BATCH_N];
	struct sockaddr_storage from[BATCH_N];
	uint8_t payload[BATCH_N][PAYLOAD_MAX];
	_Alignas(struct cmsghdr) uint8_t control[BATCH_N][CONTROL_MAX];
};

static void batch_reset(struct bfd_rx_batch *b, int n)
{
	for (int i = 0; i < n; i++) {
		b->iov[i] = (struct iovec){b->payload[i], PAYLOAD_MAX};
		b->message[i].msg_hdr = (struct msghdr){
			.msg_name = &b->from[i],
			.msg_namelen = sizeof(b->from[i]),
			.msg_iov = &b->iov[i],
			.msg_iovlen = 1,
			.msg_control = b->control[i],
			.msg_controllen = CONTROL_MAX,
		};
	}
}

struct bfd_rx_batch *bfd_rx_batch_new(void)
{
	struct bfd_rx_batch *b = calloc(1, sizeof(*b));
	if (b)
		batch_reset(b, BATCH_N);
	return b;
}

static struct addr addr_of(const struct sockaddr_storage *from)
{
	if (from->ss_family == AF_INET)
		return addr_from_bytes(ADDR_V4, &((const struct sockaddr_in *)from)->sin_addr);
	if (from->ss_family == AF_INET6)
		return addr_from_bytes(ADDR_V6, &((const struct sockaddr_in6 *)from)->sin6_addr);
	return (struct addr){0};
}

static void note_drops(struct bfd_rx *rx, struct bfd_rx_queue *q, uint32_t drops, uint64_t now_ns)
{
	if (drops == q->drops)
		return;
	q->drops = drops;
	rx->lost_ns = now_ns;
}

static void read_ip_option(const struct cmsghdr *c, struct bfd_arrival *a)
{
	struct in_pktinfo info;
	if (c->cmsg_type == IP_TTL) {
		memcpy(&a->ttl, CMSG_DATA(c), sizeof(a->ttl));
	} else if (c->cmsg_type == IP_PKTINFO) {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		a->ifindex = (uint32_t)info.ipi_ifindex;
		a->local = addr_from_bytes(ADDR_V4, &info.ipi_addr);
	}
}

static void read_ipv6_option(const struct cmsghdr *c, struct bfd_arrival *a)
{
	struct in6_pktinfo info;
	if (c->cmsg_type == IPV6_HOPLIMIT) {
		memcpy(&a->ttl, CMSG_DATA(c), sizeof(a->ttl));
	} else if (c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		a->ifindex = info.ipi6_ifindex;
		a->local = addr_from_bytes(ADDR_V6, &info.ipi6_addr);
	}
}

/* Time of arrival on our clock. The wall clock may have been set since: a stamp from before the
 * socket was last empty, or from the future, proves nothing, and the packet counts as new. */
static uint64_t stamp_to_monotonic(const struct bfd_rx_queue *q, const struct timespec *stamp,
	int64_t offset_ns, uint64_t now_ns)
{
	int64_t at = (int64_t)stamp->tv_sec * 1000000000 + stamp->tv_nsec - offset_ns;
	if (at > (int64_t)now_ns || at + STAMP_SLACK_NS < (int64_t)q->emptied_ns)
		return now_ns;
	return (uint64_t)at;
}

static void read_control(struct bfd_rx *rx, struct bfd_rx_queue *q, struct msghdr *m,
	int64_t offset_ns, uint64_t now_ns, struct bfd_arrival *a)
{
	struct timespec stamp;
	uint32_t drops;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP) {
			read_ip_option(c, a);
		} else if (c->cmsg_level == IPPROTO_IPV6) {
			read_ipv6_option(c, a);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			a->at_ns = stamp_to_monotonic(q, &stamp, offset_ns, now_ns);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&drops, CMSG_DATA(c), sizeof(drops));
			note_drops(rx, q, drops, now_ns);
		}
	}
}

static uint64_t receive_one(
	struct bfd_rx *rx, struct bfd_rx_queue *q, size_t i, int64_t offset_ns, uint64_t now_ns)
{
	struct bfd_proc *proc = rx->proc;
	struct bfd_rx_batch *b = proc->batch;
	struct bfd_arrival a = {.device = rx->device,
		.multihop = rx->multihop,
		.remote = addr_of(&b->from[i]),
		.ttl = -1,
		.at_ns = now_ns};
	size_t len = b->message[i].msg_len;
	read_control(rx, q, &b->message[i].msg_hdr, offset_ns, now_ns, &a);
	struct bfd_received r = bfd_receive(
		proc->table, b->payload[i], len < PAYLOAD_MAX ? len : PAYLOAD_MAX, &a, now_ns);
	if (r.drop != BFD_DROP_NONE)
		bfd_report_refused(proc, &a, r.drop);
	else if (r.actions)
		bfd_peer_act(proc, bfd_peer_of(r.session), r.actions, now_ns);
	return a.at_ns;
}

static void pace_set(struct bfd_rx *rx, bool busy, uint64_t now_ns)
{
	rx->busy = busy;
	if (!busy) {
		ev_io_start(rx->proc->loop, &rx->io);
		return;
	}
	ev_io_stop(rx->proc->loop, &rx->io);
	if (rx->proc->poll_ns == BFD_NEVER)
		rx->proc->poll_ns = now_ns + POLL_NS;
}

/* A wake-up a packet costs more than the packet. Where there are many, the socket is not watched
 * but read once a millisecond: the kernel's stamps tell when each came, so no detection time is
 * judged differently. */
static void pace(struct bfd_rx *rx, unsigned n, uint64_t now_ns)
{
	rx->pace_n += n;
	if (now_ns - rx->pace_ns < PACE_NS)
		return;
	bool once = now_ns - rx->pace_ns < 2 * PACE_NS;
	if (!rx->busy && once && rx->pace_n > PACE_BUSY)
		pace_set(rx, true, now_ns);
	else if (rx->busy && rx->pace_n < PACE_CALM)
		pace_set(rx, false, now_ns);
	rx->pace_ns = now_ns;
	rx->pace_n = 0;
}

/* Until the socket is empty, a packet is newer than until_ns, or so many batches were read; how
 * many packets that were. */
static unsigned drain(
	struct bfd_rx *rx, struct bfd_rx_queue *q, uint64_t until_ns, unsigned batches)
{
	struct bfd_rx_batch *b = rx->proc->batch;
	unsigned all = 0;
	while (batches-- && q->fd >= 0) {
		uint64_t now_ns = clock_ns(), last_ns = 0;
		int64_t offset_ns = (int64_t)(clock_realtime_ns() - now_ns);
		int n = recvmmsg(q->fd, b->message, BATCH_N, MSG_DONTWAIT, NULL);
		uint64_t read_ns = clock_ns();
		for (int i = 0; i < n; i++)
			last_ns = receive_one(rx, q, (size_t)i, offset_ns, read_ns);
		batch_reset(b, n); /* only what the kernel has written to */
		if (n < BATCH_N && (n >= 0 || errno == EAGAIN))
			q->emptied_ns = now_ns;
		all += n > 0 ? (unsigned)n : 0;
		if (n < BATCH_N || last_ns >= until_ns)
			break;
	}
	return all;
}

static void read_news(struct bfd_rx *rx)
{
	unsigned n = drain(rx, &rx->news, BFD_NEVER, BATCHES_A_TURN);
	pace(rx, n, clock_ns());
}

/* Repeats first: what a peer says in Up it said before its news. */
void bfd_rx_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct bfd_rx *rx = w->data;
	(void)loop;
	(void)revents;
	bfd_rx_read_repeats(rx->proc, clock_ns());
	read_news(rx);
}

void bfd_rx_poll(struct bfd_proc *proc, uint64_t now_ns)
{
	bool more = false;
	if (proc->poll_ns == BFD_NEVER || now_ns + POLL_NS / 4 < proc->poll_ns)
		return;
	for (struct bfd_rx *rx = proc->rx; rx; rx = rx->next) {
		if (rx->busy)
			read_news(rx);
		more |= rx->busy;
	}
	proc->poll_ns = more ? now_ns + POLL_NS : BFD_NEVER;
}

/* At the rate of the last time, when are there as many as a small socket holds half of? A flood is
 * read often enough, whatever else the process has to do. */
static uint64_t full_ns(const struct bfd_proc *proc, unsigned n, uint64_t now_ns)
{
	uint64_t time_ns = now_ns - proc->repeats_ns;
	if (n == 0)
		return BFD_NEVER;
	time_ns = time_ns < FULL_MOST_NS ? time_ns : FULL_MOST_NS;
	time_ns = time_ns > POLL_NS / 2 ? time_ns : POLL_NS / 2;
	return now_ns + QUEUE_HALF * time_ns / n;
}

void bfd_rx_read_repeats(struct bfd_proc *proc, uint64_t now_ns)
{
	struct epoll_event ready[READY_N];
	unsigned most = 0;
	int ready_n = epoll_wait(proc->repeats_fd, ready, READY_N, 0);
	for (int i = 0; i < ready_n; i++) {
		struct bfd_rx *rx = ready[i].data.ptr;
		unsigned n = drain(rx, &rx->repeats, BFD_NEVER, BATCHES_A_TURN);
		most = n > most ? n : most;
	}
	proc->full_ns = full_ns(proc, most, now_ns);
	proc->repeats_ns = now_ns;
}

static void drain_whole(struct bfd_rx *rx, struct bfd_rx_queue *q, uint64_t until_ns)
{
	drain(rx, q, until_ns, BATCHES_A_DRAIN);
	/* SO_RXQ_OVFL tells of drops with the next packet only; the last ones are here. */
	if (q->fd >= 0)
		note_drops(rx, q, bfd_socket_drops(q->fd), clock_ns());
}

void bfd_rx_drain_all(struct bfd_proc *proc, uint64_t until_ns)
{
	for (struct bfd_rx *rx = proc->rx; rx; rx = rx->next) {
		drain_whole(rx, &rx->repeats, until_ns);
		drain_whole(rx, &rx->news, until_ns);
	}
}
