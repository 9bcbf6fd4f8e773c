/*
 * One request while it is served: which method, how far it has got, its reply so far. bgp process.
 *
 * A call runs in slices so that no request holds the loop: each step does at most about a
 * millisecond of work. Replies are appended to `out`, each with its NUL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bgpd-lite/ctl/batch.h"
#include "bgpd-lite/ctl/request.h"
#include "bgpd-lite/ctl/view.h"

enum call_progress {
	CALL_DONE,  /* the last reply is in out */
	CALL_MORE,  /* run it again, in a later turn of the loop */
	CALL_WAIT,  /* run it again in CALL_WAIT_MS */
	CALL_SLEEP, /* run it again in CALL_SLEEP_MS, unless the client has gone */
};

enum {
	CALL_SLICE_US = 2000,
	CALL_WAIT_MS = 10,
	CALL_SLEEP_MS = 200,
	CALL_BATCH_ITEMS = 500,      /* in one reply of a stream */
	CALL_BATCH_LEN = 48 * 1024,  /* bytes; a stream's reply is sent when it has as many */
	CALL_REPLY_MAX = 224 * 1024, /* bytes of one reply */
	CALL_BFD_STATS_WAIT_MS = 200,
};

struct call;

struct method {
	const char *name;
	const char *const *parameters; /* those it knows; ends with NULL */
	const char *texts;             /* the one that is a map of texts; NULL: none */
	const char *const *arrays;     /* of its replies; NULL: there is one reply */
	bool needs_more;
	bool privileged;
	/* Answers (call_reply, call_error), or, with a step, sets the walk up. */
	void (*start)(struct call *c);
	/* A piece of the walk into c->batch; or the one reply, in the end. */
	enum call_progress (*step)(struct call *c);
};
extern const struct method methods[]; /* ends with a NULL name */

enum route_span {
	ROUTES_ALL,
	ROUTES_PREFIX,  /* `prefix` alone */
	ROUTES_LONGEST, /* the longest one that has its address */
	ROUTES_LONGER,  /* it and what it contains */
	ROUTES_SHORTER, /* it and what contains it */
};

/* What ShowRoutes looks for. */
struct route_query {
	struct rib_cursor cursor; /* of ShowFilters */
	struct rib_ordered *walk; /* of ROUTES_ALL and ROUTES_LONGER; owned */
	enum route_span span;
	uint16_t vrf;  /* index, RIB_NO_VRF: all */
	uint16_t peer; /* slot, RIB_NO_PEER: any */
	bool one_peer; /* only what `peer` sent */
	int state;     /* enum rib_state, -1: any */
	enum view_paths paths;
	bool advertised;                     /* only what `speaker` has from us */
	char *speaker;                       /* its name; owned */
	const struct rib_follower *follower; /* in this step; NULL: it does not ask for any */
	struct prefix prefix;
	size_t item_max;  /* bytes of the longest route so far */
	size_t explained; /* VRFs, by Explain */
};

/* What ShowFilters counts. */
struct filter_count {
	const struct conf *conf; /* of these lists; looked at only while it is in force */
	uint64_t reload_ns;
	size_t *first;   /* of each list, in paths[] */
	uint64_t *paths; /* of each rule */
	bool counted;
};
void filter_count_free(struct filter_count *f);

struct call {
	struct daemon *d;
	bool privileged;
	uid_t uid; /* of the client */
	struct request request;
	const struct method *method; /* NULL: nothing is being served */
	bool answered;
	struct batch batch;
	struct text *out;
	size_t index;        /* of the next item of a list */
	char only_name[128]; /* "" for all */
	uint64_t since_ms;   /* of ShowEvents: none before it, CLOCK_REALTIME */
	uint64_t asked_ms;   /* when fresh statistics were asked for */
	bool monitors;       /* counts in daemon->monitors_n */
	struct plan *plan;   /* of Plan */
	struct what_if *what_if;
	struct route_query routes;
	struct filter_count filters;
	char *config;                      /* of ShowConfig and ShowConfigDiff */
	json_t *gateway_items;             /* shown, in the order of gateways */
	json_t *next_hop_items;            /* shown */
	struct rib_gateway_view *gateways; /* a copy that the walk goes through */
	size_t gateways_n;
	struct rib_group_view *groups;
	size_t groups_n;
};

/* Begins to serve the request, which it takes. c->d, privileged and out are set. */
void call_begin(struct call *c, struct request *r);
/* Goes on with it. With CALL_DONE the call is free for the next request. */
enum call_progress call_run(struct call *c);
/* The client is gone. */
void call_end(struct call *c);

/* The only reply; takes parameters. */
void call_reply(struct call *c, json_t *parameters);
/* The only reply, an error; takes parameters. */
void call_error(struct call *c, const char *error, json_t *parameters);
/* org.varlink.service.InvalidParameter, with the reason beside it */
void call_bad_parameter(struct call *c, const char *parameter, const char *reason);
/* io.bgpd-lite.NotFound: what ("neighbor", "vrf") of that name */
void call_not_found(struct call *c, const char *what, const char *name);
/* The index of the VRF of that name. False: there is none, and NotFound is the reply, with `known`:
 * those that there are. */
bool call_find_vrf(struct call *c, const char *name, uint16_t *out);

/* Digits alone; false: it is no number, or a larger one. */
bool call_number(const char *text, uint64_t max, uint64_t *out);
/* The neighbour of that name; its address alone will do where only one has it. NULL: none. */
struct neighbor *call_find_neighbor(struct daemon *d, const char *name);

/* method_*.c */
void routes_start(struct call *c);
enum call_progress routes_step(struct call *c);
void neighbors_start(struct call *c);
enum call_progress neighbors_step(struct call *c);
void bfd_start(struct call *c);
enum call_progress bfd_step(struct call *c);
void nexthops_start(struct call *c);
enum call_progress nexthops_step(struct call *c);
void explain_start(struct call *c);
enum call_progress explain_step(struct call *c);
void list_start(struct call *c); /* nothing to prepare */
enum call_progress vrfs_step(struct call *c);
enum call_progress interfaces_step(struct call *c);
enum call_progress contributors_step(struct call *c);
void events_start(struct call *c);
enum call_progress events_step(struct call *c);
void monitor_start(struct call *c);
enum call_progress monitor_step(struct call *c);
void monitor_end(struct call *c);
void memory_start(struct call *c);
void config_start(struct call *c);
enum call_progress config_step(struct call *c);
void filters_start(struct call *c);
enum call_progress filters_step(struct call *c);
void clear_start(struct call *c);
void shutdown_start(struct call *c);
void enable_start(struct call *c);
void drain_start(struct call *c);
void undrain_start(struct call *c);
void flush_vrf_start(struct call *c);
void restore_vrf_start(struct call *c);
void announcements_start(struct call *c);
enum call_progress announcements_step(struct call *c);
void status_start(struct call *c);
void reload_start(struct call *c);
void return_rules_start(struct call *c);
void flush_start(struct call *c);
/* The outcome of what was put in force; "WHAT by uid N", until the next call. */
void config_reply(struct call *c);
const char *config_origin(const struct call *c, const char *what);
void confirm_start(struct call *c);
void contribute_start(struct call *c);
void remove_contribution_start(struct call *c);
void disable_contributor_start(struct call *c);
void enable_contributor_start(struct call *c);
void rollback_start(struct call *c);
enum call_progress history_step(struct call *c);
void config_diff_start(struct call *c); /* goes on with config_step() */
void plan_start(struct call *c);
enum call_progress plan_step(struct call *c);
void what_if_start(struct call *c);
enum call_progress what_if_step(struct call *c);
void service_info_start(struct call *c);
void service_description_start(struct call *c);
