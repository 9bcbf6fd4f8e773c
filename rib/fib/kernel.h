/*
 * The sockets to the kernel: one for requests and their answers, one for notifications,
 * and for a time one for routes of others, and one for neighbour tables. fib process, edge.
 *
 * Requests go in batches of up to KERNEL_BATCH_MAX messages in one send; the last asks for an ACK,
 * the others are answered only when they fail. The kernel works inside send(), so all answers wait
 * in the socket when it returns. After 20 such messages or so a longer batch gains nothing, and the
 * urgent channels are looked at between two batches.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/nlbuild.h"
#include "rib/fib/nlread.h"
#include "rib/fib/transport.h"

enum {
	KERNEL_BATCH_MAX = 64,
	KERNEL_BATCH_BYTES = 128 * 1024, /* less than the kernel takes in one send */
	KERNEL_READ_BYTES = 65536,
};

/* A socket for notifications of one kind, which may be lost on their own. */
struct kernel_watch {
	struct transport *t; /* NULL: closed */
	int fd;              /* -1: closed */
};

struct kernel {
	struct transport *request;
	struct transport *event;
	int event_fd;
	struct kernel_watch routes;    /* what others do to routes */
	struct kernel_watch neighbors; /* the neighbour tables */
	struct nl_msg *msg;            /* the one that is being built */
	uint32_t pid;  /* of the request socket; notifications about our own requests carry it */
	uint32_t seq;  /* of the last message */
	size_t n;      /* messages in the batch */
	size_t len;    /* bytes */
	size_t last;   /* where the last begins */
	bool too_long; /* one did not fit */
	uint64_t messages; /* sent since start */
	_Alignas(8) uint8_t batch[KERNEL_BATCH_BYTES];
	_Alignas(8) uint8_t read[KERNEL_READ_BYTES];
};

/* Opens both sockets and subscribes to links, addresses, nexthops and rules. 0 or -errno. */
int kernel_open(struct kernel *k);
/* Subscribes to what others do to routes: those of this protocol that they delete, and any that
 * takes the place of another. The kernel itself drops the rest, so our own million of routes costs
 * no wake-up and no room in the socket. 0 or -errno. */
int kernel_listen_routes(struct kernel *k, uint8_t protocol);
void kernel_close(struct kernel *k); /* once opened, also when that failed; twice does no harm */

/* A batch: kernel_next() gives an empty message, which kernel_add() takes when it was built; this
 * at most KERNEL_BATCH_MAX times, then kernel_commit() sends. */
struct nl_msg *kernel_next(struct kernel *k);
void kernel_add(struct kernel *k, bool built);
/* Calls failed() for each message that the kernel refused; index counts from 0 in the batch, error
 * is a positive errno, text is the extended ACK or strerror. An empty batch is no work. */
typedef void kernel_failed(void *ctx, size_t index, int error, const char *text);
void kernel_commit(struct kernel *k, kernel_failed *failed, void *ctx);

/* Sends the one request in the batch as a dump and hands out each message of the answer. Tries
 * again when it was interrupted or something of it is missing; begin() is called before each try
 * and may be NULL. A request with NLM_F_ACK that is no dump may be asked that way too. 0 or
 * -errno. */
typedef void kernel_begin(void *ctx);
typedef void kernel_message(void *ctx, struct nlmsghdr *m);
int kernel_dump(struct kernel *k, kernel_begin *begin, kernel_message *message, void *ctx);

/* One datagram of notifications. 0 none waits, > 0 messages follow, -ENOBUFS some were lost. */
int kernel_read_events(struct kernel *k, kernel_message *message, void *ctx);

/* Opens the socket; none is told of what follows from our own requests. 0 or -errno. */
int kernel_watch_routes(struct kernel *k);
int kernel_watch_neighbors(struct kernel *k);
void kernel_watch_close(struct kernel_watch *w);
/* As kernel_read_events(), and again while there is more, a round at most: then the urgent channels
 * are looked at. False: some were lost. */
bool kernel_watch_read(
	struct kernel *k, struct kernel_watch *w, kernel_message *message, void *ctx);

/* A socket of the kind requests use, for a dump that is read in slices. 0 or -errno. */
int kernel_socket(struct transport **out);
/* Sends the one request in the batch there. 0 or -errno. */
int kernel_send_to(struct kernel *k, struct transport *t);
