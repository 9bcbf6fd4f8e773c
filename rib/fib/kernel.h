/*
 * The sockets to the kernel: one for requests and their answers, one for notifications. fib
 * process, edge.
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

#include "rib/fib/nlmsg.h"
#include "rib/fib/nlread.h"

enum {
	KERNEL_BATCH_MAX = 64,
	KERNEL_BATCH_BYTES = KERNEL_BATCH_MAX * NLMSG_OP_MAX,
	KERNEL_READ_BYTES = 65536,
};

struct kernel {
	int request_fd;
	int event_fd;
	uint32_t pid; /* of the request socket; notifications about our own requests carry it */
	uint32_t seq; /* of the last message */
	struct wr w;
	size_t n;          /* messages in the batch */
	size_t last_at;    /* where the last begins */
	uint64_t messages; /* sent since start */
	uint8_t batch[KERNEL_BATCH_BYTES];
	uint8_t read[KERNEL_READ_BYTES];
};

/* Opens both sockets and subscribes to links, addresses, nexthops and rules. 0 or -errno. */
int kernel_open(struct kernel *k);
void kernel_close(struct kernel *k);

/* A batch: kernel_next() gives the writer and the sequence number for one message, at most
 * KERNEL_BATCH_MAX times, then kernel_commit() sends. */
struct wr *kernel_next(struct kernel *k, uint32_t *seq);
/* Calls failed() for each message that the kernel refused; index counts from 0 in the batch, error
 * is a positive errno, text is the extended ACK or strerror. An empty batch is no work. */
typedef void kernel_failed(void *ctx, size_t index, int error, const char *text);
void kernel_commit(struct kernel *k, kernel_failed *failed, void *ctx);

/* Sends the one request in the batch as a dump and hands out each message of the answer. Tries
 * again when the kernel says that it was interrupted; begin() is called before each try and may be
 * NULL. 0 or -errno. */
typedef void kernel_begin(void *ctx);
typedef void kernel_message(void *ctx, const struct nlread_msg *m);
int kernel_dump(struct kernel *k, kernel_begin *begin, kernel_message *message, void *ctx);

/* One datagram of notifications. 0 none waits, > 0 messages follow, -ENOBUFS some were lost. */
int kernel_read_events(struct kernel *k, kernel_message *message, void *ctx);

/* A socket of the kind requests use, for a dump that is read in slices. fd or -errno. */
int kernel_socket(void);
