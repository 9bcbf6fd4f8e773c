/*
 * What other programs do to routes of ours, as the kernel's notifications tell. fib process, edge.
 *
 * fib knows no prefixes: it passes on what it hears, and bgp, which knows what should be there,
 * writes again what is missing. Told at once and then at most every DRIFT_MS, so a program that
 * undoes each repair costs a bounded effort. Beyond DRIFT_MAX routes an audit of all finds them.
 * The kernel gives us no notification about our own requests (kernel_listen_routes()).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"

struct fib;
struct nlmsghdr;

enum {
	DRIFT_MS = 100,
	DRIFT_MAX = 16384,
	DRIFT_METRICS_MAX = 256,
};

struct drift {
	struct fib_drift *route; /* NULL: none since start */
	size_t n;
	bool defaults;                      /* an unreachable default was deleted */
	uint32_t metric[DRIFT_METRICS_MAX]; /* that routes of ours had, beside the configured one */
	size_t metric_n;                    /* all: they are not remembered any more */
	uint64_t told_ms;
};

void drift_event(struct fib *f, struct nlmsghdr *m); /* RTM_NEWROUTE, RTM_DELROUTE */
/* Routes of ours have this metric from now on, others' routes with it are of interest. */
void drift_metric(struct drift *d, uint32_t metric);
void drift_nexthop(struct fib *f); /* an object or a group of ours */
/* ms until there is something to tell; 0: now; -1: nothing waits. */
int drift_wait_ms(const struct drift *d, uint64_t now_ms);
void drift_tell(struct fib *f); /* what waits */
void drift_free(struct drift *d);
