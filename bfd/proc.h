/*
 * What the files of the bfd process share: the process, a peer (a session and its sockets), a
 * receiving socket. Edge; private to this folder. Descriptors are -1 when closed.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "bfd/channel.h"
#include "bfd/receive.h"
#include "lib/log.h"
#include "rib/fib/channel.h"

struct bfd_rx_batch;

enum {
	BFD_BURST_N = 32, /* packets that may leave together before they are due */
};

struct bfd_rx_queue {
	int fd;              /* -1: none */
	uint32_t drops;      /* as last seen */
	uint64_t emptied_ns; /* nothing that came before this is still unread */
};

/* The receiving sockets of one device, family and port. The kernel sorts their packets
 * (bfd_socket_sort): those that may change something wake the process, those that say once more
 * that the peer is Up wait until it is awake anyway, to send or because a detection time has
 * passed. */
struct bfd_rx {
	struct bfd_rx *next;
	struct bfd_proc *proc;
	char device[16];
	enum addr_family family;
	bool multihop;
	unsigned users;
	int zero_checksum_n; /* of the users; some: packets without UDP checksum are taken */
	struct bfd_rx_queue news;
	struct bfd_rx_queue repeats; /* without it all packets are news */
	uint32_t ifindex;            /* of the device when they were opened */
	uint64_t lost_ns;            /* when `drops` was last seen to grow; 0: never */
	bool busy;                   /* news are read once a millisecond, not once a packet */
	uint64_t pace_ns;            /* start of the time in which pace_n of them were read */
	unsigned pace_n;
	ev_io io; /* of news */
};

struct bfd_peer {
	struct bfd_session s; /* the first member: bfd_peer_of() */
	struct bfd_rx *rx;
	int tx_fd;
	uint16_t port;     /* source port, for the session's life */
	uint64_t retry_ns; /* sockets are not opened again before */
	bool broken;       /* the last packet could not be sent */
	char error[64];    /* why it cannot run, or "" */

	/* for bgp and fib, while their sockets are full */
	struct bfd_msg_state states[2];
	unsigned states_n;
	struct fib_msg_session_down down;
	bool down_waits;
	bool stats_wanted;

	struct bfd_peer *next_suspect;
};

struct bfd_proc {
	struct ev_loop *loop;
	struct bfd_table *table;
	struct bfd_rx *rx;
	struct bfd_rx_batch *batch;
	struct bfd_peer *suspects;
	int bgp_fd;
	int fib_fd;
	int timer_fd;
	uint64_t poll_ns;    /* busy sockets are read then; BFD_NEVER: there are none */
	int repeats_fd;      /* an epoll of all `repeats` */
	uint64_t repeats_ns; /* when they were last read */
	uint64_t full_ns;  /* they have to be read before they are full; BFD_NEVER: they are not */
	unsigned init_n;   /* sessions in Init: for them a repeated Up is news */
	ev_io repeats;     /* runs while there are some */
	uint64_t armed_ns; /* what timer_fd is set to; BFD_NEVER: not at all */
	uint64_t wake_late_max_us;
	uint64_t wake_late_sum_us;
	uint64_t wake_n;
	uint64_t random[2];  /* state of the generator of jitter */
	uint32_t jitter;     /* of the packets that leave in this turn of the loop */
	unsigned sent_n;     /* in it; each BFD_BURST_N of them have a jitter of their own */
	uint32_t unknown_id; /* a query for it waits; 0: none */
	bool stats_end_wanted;
	bool alive_wanted; /* a heartbeat is to be answered */
	bool stopping;
	bool realtime;
	int exit_code;
	struct log_limit state_log;
	struct log_limit refused_log;
	ev_io bgp_readable;
	ev_io bgp_writable;
	ev_io fib_writable;
	ev_io timer;
	ev_prepare prepare;
};

static inline struct bfd_peer *bfd_peer_of(struct bfd_session *s)
{
	return (struct bfd_peer *)s;
}

uint32_t bfd_random(struct bfd_proc *proc); /* for jitter and ports */

/* rx_open.c */
bool bfd_rx_init(struct bfd_proc *proc);
void bfd_rx_watch_repeats(struct bfd_proc *proc); /* if a session is in Init, else not */
/* The sockets for it, opened if need be; NULL, -errno in *error and the call in *what. ifindex:
 * what its device is now (0 for none); a socket of a former device of that name is replaced. */
struct bfd_rx *bfd_rx_get(struct bfd_proc *proc, const struct bfd_session *s, uint32_t ifindex,
	int *error, const char **what);
/* What bfd_rx_get() gave for s. */
void bfd_rx_put(struct bfd_rx *rx, const struct bfd_session *s);
/* So many users more (or less) want packets without UDP checksum; while one does, all get them. */
void bfd_rx_zero_checksum(struct bfd_rx *rx, int more);

/* rx.c */
struct bfd_rx_batch *bfd_rx_batch_new(void);
void bfd_rx_readable(struct ev_loop *loop, ev_io *w, int revents);
/* Reads the busy sockets where that is due, or nearly. */
void bfd_rx_poll(struct bfd_proc *proc, uint64_t now_ns);
/* Reads what waits in the queues of repeats. */
void bfd_rx_read_repeats(struct bfd_proc *proc, uint64_t now_ns);
/* Reads what arrived before `until_ns` from every socket, and looks for overflows. */
void bfd_rx_drain_all(struct bfd_proc *proc, uint64_t until_ns);

/* peer.c */
struct bfd_peer *bfd_peer_new(struct bfd_proc *proc, const struct bfd_msg_set *m, uint64_t now_ns);
void bfd_peer_free(struct bfd_proc *proc, struct bfd_peer *p);
/* Opens its sockets, where they are closed or a packet could not be sent, once a second at most.
 * Never called while a socket is being read. */
void bfd_peer_open(struct bfd_proc *proc, struct bfd_peer *p, uint64_t now_ns);
/* Whether packets without UDP checksum are taken, from now on. */
void bfd_peer_set_zero_checksum(struct bfd_peer *p, bool taken);
/* Sends a packet, with F or a periodic one. Where it can't, bfd_peer_open() is due. */
void bfd_peer_send(struct bfd_proc *proc, struct bfd_peer *p, bool final, uint64_t now_ns);
/* Carries out what the session asks for (enum bfd_action). */
void bfd_peer_act(struct bfd_proc *proc, struct bfd_peer *p, unsigned actions, uint64_t now_ns);
/* AdminDown for the peer's detection time, at most most_ns; then wake.c frees it. */
void bfd_peer_disable(struct bfd_proc *proc, struct bfd_peer *p, uint64_t most_ns, uint64_t now_ns);

/* report.c */
void bfd_report_change(struct bfd_proc *proc, struct bfd_peer *p, bool dead, uint64_t now_ns);
/* The peer entered or left AdminDown. */
void bfd_report_remote(struct bfd_proc *proc, struct bfd_peer *p, uint64_t now_ns);
void bfd_report_refused(struct bfd_proc *proc, const struct bfd_arrival *a, enum bfd_drop drop);
/* Sends what waits; called when a socket can be written again. */
void bfd_report_flush_fib(struct bfd_proc *proc);
void bfd_report_flush_bgp(struct bfd_proc *proc);
/* False: a line would block (whoever reads our stderr has stopped); then nothing is printed. */
bool bfd_log_ready(void);

/* wake.c: the timer */
void bfd_wake_init(struct bfd_proc *proc);

/* command.c: reads bgp's messages */
void bfd_command_init(struct bfd_proc *proc);
/* AdminDown everywhere, then the loop ends with this exit code. */
void bfd_command_stop(struct bfd_proc *proc, int exit_code);
