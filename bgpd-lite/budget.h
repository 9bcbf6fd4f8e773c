/*
 * Memory of routes: [bgp] memory-limit, and the limit of the control group (cgroup.h). Where one is
 * short, the neighbour that has to give way (ration.h) is ended by Cease/Out of Resources and held
 * back until there is a quarter more room than was not enough, or a time has passed that doubles.
 * Reading from those that say much waits until its paths are gone. bgp process.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/ration.h"

struct daemon;
struct neighbor;

enum budget_kind {
	BUDGET_LIMIT,  /* memory-limit: the bgp process's tables, queues and buffers */
	BUDGET_CGROUP, /* all processes and their routes in the kernel */
	BUDGET_KINDS,
};

struct budget {
	struct ev_timer tick;
	unsigned ticks;
	uint64_t told;                           /* octets of UPDATEs since the last look */
	uint64_t cgroup_ms;                      /* when the control group was read last */
	struct ration_bound bound[BUDGET_KINDS]; /* as they were then */
	bool waits;                              /* for the paths of one that was ended */
	bool told_near;                          /* that one is short */
	uint64_t refused_n;
};

/* Of a neighbour. */
struct ration {
	uint64_t base[2]; /* its paths half a minute to a minute ago, and since then */
	bool held;        /* ended; not started yet */
	enum budget_kind by;
	bool known;          /* its paths are gone, and so is known */
	uint64_t settles_ms; /* until then more room is what it had itself */
	uint64_t room;       /* how many bytes of that bound were not enough for it */
	uint32_t paths;      /* that it had */
	unsigned before;     /* times that it was ended, until it has stayed for a while */
	uint64_t n;          /* in all */
	uint64_t until_ms;   /* CLOCK_MONOTONIC */
	char why[160];
};

void budget_start(struct daemon *d);
void budget_stop(struct daemon *d);
/* A configuration is in force: another limit is looked at, held ones try again where it changed. */
void budget_configured(struct daemon *d, uint64_t limit_before);
struct ration_bound budget_bound(const struct daemon *d, enum budget_kind kind); /* as it is now */
const char *budget_name(enum budget_kind kind); /* "memory-limit" */

void budget_established(struct neighbor *n);
/* It said so many octets of routes. False: it was ended. */
bool budget_admits(struct neighbor *n, size_t octets);
void budget_no_memory(struct neighbor *n); /* one of its paths could not be kept: it is ended */
void budget_worked(struct daemon *d);      /* a slice of work on the RIB is done */
void budget_at_rest(struct daemon *d);     /* all of it is */
void budget_free(struct neighbor *n);      /* it need not wait any more; the caller starts it */
