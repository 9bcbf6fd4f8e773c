/*
 * The state of the fib process, shared by its edges (process, bulk, urgent, events, sweep, apply).
 * Nobody else includes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/log.h"
#include "rib/fib/channel.h"
#include "rib/fib/compare.h"
#include "rib/fib/drift.h"
#include "rib/fib/hostview.h"
#include "rib/fib/kernel.h"
#include "rib/fib/ledger.h"
#include "rib/fib/neighbors.h"
#include "rib/fib/outbox.h"
#include "rib/fib/resolve.h"
#include "rib/fib/rules.h"
#include "rib/fib/sweep.h"
#include "rib/fib/tables.h"
#include "rib/fib/unnumbered.h"

enum {
	FIB_SLICE_N = KERNEL_BATCH_MAX, /* elements of a bulk packet between two looks around */
	FIB_AUDIT_MS = 25000,
	FIB_AUDIT_RETRY_MS = 1000,
	FIB_AUDIT_HINT_MS = 1000, /* at least, between audits for refused operations */
};

/* The bulk packet that is being carried out. */
struct bulk {
	_Alignas(8) uint8_t packet[CHAN_PACKET_MAX];
	bool busy;
	struct chan_head head;
	size_t at; /* elements done */
};

struct fib {
	int bulk_fd;
	int urgent_fd;
	int bfd_fd;    /* -1: closed; of urgent_fd too */
	int advert_fd; /* negative: no router advertisements, -errno says why */
	bool ended;    /* leave the loop with exit_code */
	int exit_code;
	bool configured;
	struct fib_msg_config config;
	struct kernel kernel;
	struct ledger ledger;
	struct kops kops;  /* to be carried out by apply() */
	struct kops spare; /* its memory while they are */
	struct tables tables;
	struct hostview view;
	struct outbox out;
	struct bulk bulk;
	struct sweep sweep;
	struct rules rules;
	struct drift drift;
	struct compares compares;
	struct unnumbered unnumbered;
	struct resolve resolve;
	struct neighbors neighbors;
	bool audit_due;     /* in this round */
	bool audit_deleted; /* another program was seen deleting an object of ours */
	bool in_audit;
	bool synced;          /* all links and addresses were read once */
	bool overrun;         /* notifications were lost: compare all */
	uint64_t audit_at_ms; /* the next one without a reason */
	uint64_t hint_at_ms;  /* a refused operation asks for one no sooner */
	struct log_limit refusals;
};

/* serve.c. The descriptors as in fib_process_run(). */
struct fib *fib_new(int bulk_fd, int urgent_fd, int bfd_fd, int advert_fd);
int fib_start(struct fib *f);         /* the kernel's sockets, links, addresses. 0 or -errno */
int fib_wait_ms(const struct fib *f); /* until a round has something to do by the clock */
void fib_free(struct fib *f);
enum {
	FIB_READY_BFD = 1,
	FIB_READY_URGENT = 2,
	FIB_READY_EVENT = 4,
	FIB_READY_BULK = 8,
	FIB_READY_BULK_END = 16,  /* closed */
	FIB_READY_ROUTES = 32,    /* kernel.routes */
	FIB_READY_NEIGHBORS = 64, /* kernel.neighbors */
};
void fib_serve(struct fib *f, unsigned ready); /* one round */

/* apply.c: carries out fib.kops, and what follows from refusals. Returns netlink messages sent. */
uint32_t fib_apply(struct fib *f);
/* Lets the kernel delete the routes that a loss left without a gateway, those of one at a time: a
 * walk over all its routes, which nobody waits for. */
void fib_flush(struct fib *f);
void fib_log_refusal(struct fib *f, const char *what, uint32_t number, const char *text);
void fib_group_flushed(void *ctx, const struct group *g); /* ctx: the fib; tells bgp */
void fib_audit_hint(struct fib *f); /* an operation was refused: perhaps an object is gone */

/* events.c */
void fib_read_host(struct fib *f); /* links and addresses; the first time SYNCED follows */
/* Carries out what follows from gateways that the kernel took, and then tells of them: bgp hears of
 * the groups that went with them first. */
void fib_apply_losses(struct fib *f);
void fib_events_read(struct fib *f); /* all that wait, and what follows from them */
void fib_audit(struct fib *f);       /* defaults and objects against the kernel */

/* compare.c: the metric of our routes; a route of ours as the channel has it. */
uint32_t fib_metric(const struct fib *f, enum addr_family family);
struct fib_route fib_route_found(struct fib *f, const struct nlread_route *r);
/* Of ours, where routes have their next hops themselves. */
bool fib_route_is_plain(const struct fib *f, const struct nlread_route *r);
/* Of an earlier life, which was so. */
bool fib_route_is_plain_left(const struct fib *f, const struct nlread_route *r);

/* bulk.c: one slice of work. True: there was some. */
bool fib_bulk_step(struct fib *f);

/* urgent.c: all packets that wait on one of the urgent channels (&f->urgent_fd, &f->bfd_fd). */
void fib_urgent_read(struct fib *f, int *fd);

/* defaults.c: the unreachable default of a table, v4 and v6. */
void fib_defaults_set(struct fib *f, uint32_t table);
void fib_defaults_del(struct fib *f, uint32_t table);
