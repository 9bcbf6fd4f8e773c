/*
 * What the fib process reaches the world by, replaced when a program is linked with fake_edges.c:
 * rib/fib/transport.h leads to a fake kernel, lib/chan.h to queues in memory, lib/clock.h to a
 * clock that the test moves. The process's own code is as it is.
 */
#pragma once

#include "lib/chan.h"
#include "tests/unit/fib/fake_kernel.h"

enum {
	FAKE_BULK_FD = 1 << 20, /* of fib_new() */
	FAKE_URGENT_FD,
	FAKE_BFD_FD,
};

struct fake_packet {
	struct fake_packet *next;
	size_t len;
	_Alignas(8) uint8_t bytes[];
};

struct fake_pipe {
	struct fake_packet *head, *tail;
	size_t n;
	size_t room; /* packets */
};

struct fake_edges {
	struct fake_kernel *kernel;
	uint64_t now_ns;
	struct fake_pipe to_fib[3]; /* bulk, urgent, bfd */
	struct fake_pipe to_bgp;
	/* 0, or the errno of a send or a receive; `dump`: what is received is one. */
	int (*send_error)(void *ctx);
	int (*receive_error)(void *ctx, bool event, bool dump);
	/* Bytes of a datagram that are received. */
	size_t (*cut)(void *ctx, size_t len);
	void *ctx;
};
extern struct fake_edges fake_edges;

bool fake_pipe_put(struct fake_pipe *p, const void *packet, size_t len); /* false: full */
struct fake_packet *fake_pipe_take(struct fake_pipe *p); /* to be freed; NULL: empty */
void fake_edges_clear(void);                             /* all packets go */
/* The socket that notifications come to: notified of anything, or of a loss. */
struct fake_socket *fake_event_socket(void); /* NULL: none is open */
bool fake_event_waits(void);
bool fake_fd_waits(int fd); /* of a transport; negative: none */
