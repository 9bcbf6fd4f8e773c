/*
 * Verbs that the client carries out itself, with several questions to the daemon or with none.
 * Each returns the exit code. The client.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bgpd-lite/ctl/exchange.h"
#include "bgpd-lite/ctl/text.h"

enum {
	OWN_EXIT_NO_DAEMON = 3,
};

/* All replies of one method joined (arrays one behind the other), NULL where there is no answer or
 * an error; *result says why. The caller frees it. */
json_t *own_ask(const char *path, const char *method, enum exchange_result *result);
json_t *own_ask_with(const char *path, const char *method, json_t *parameters,
	enum exchange_result *result); /* takes parameters */
void own_join(json_t *joined, json_t *parameters);

/* Prometheus text of the daemon at that socket; `bgpd_lite_up 0` where there is none. */
int metrics_run(const char *path);
/* The same, added to out; DONE: all of it. */
enum exchange_result metrics_text(const char *path, struct text *out);
/* metrics.c: of replies; each may be NULL */
void metrics_put(
	const json_t *status, const json_t *neighbors, const json_t *sessions, struct text *out);
void metrics_put_fib(const json_t *fib, struct text *out); /* metrics_fib.c: of Status */
/* metrics_memory.c: of ShowMemory with its processes; NULL: nothing */
void metrics_put_memory(const json_t *memory, struct text *out);
void metrics_put_head(struct text *out, const char *name, const char *type, const char *help);
void metrics_put_label(struct text *out, const char *name, const char *value);
/* One line for monitoring: 0 all is well, 1 warning, 2 critical. status NULL: no daemon. */
int check_run(const char *path);
/* Until a drain that has begun has closed the sessions; 1: it was undone. */
int drain_wait(const char *path, bool json);
/* What of this host is in the daemon's way; 0: nothing to mend. */
int doctor_run(const char *path, bool json);
json_t *doctor_findings(const char *path); /* {findings: [...]} */
/* Writes the archive; never over another file. now_s: CLOCK_REALTIME. Without a daemon it has what
 * the host alone knows. */
int report_run(const char *file, const char *path, const char *state_dir, int64_t now_s);
/* kernel_census.c: rules, routes and nexthop objects by kind */
json_t *kernel_census(void);
/* The way of the packet that commands_parse() read: to, from, iif, mark. Needs no daemon. */
int packet_run(const json_t *asked, bool json);
/* `status` where no daemon answers: what it left behind. */
void absent_report(const char *state_dir);
