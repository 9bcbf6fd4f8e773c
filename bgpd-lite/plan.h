/*
 * What a reload would change, found out without changing anything. bgp process.
 *
 * The files are read as a reload reads them, with other texts in the place of some if the caller
 * gives any; what they ask for is compared with what is in force, and the routes that are there are
 * judged by the new filters in slices. Where the configuration changes meanwhile, it begins anew.
 *
 * Of a neighbour that is added nothing can be foretold: it has not sent anything yet.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/compile.h"
#include "bgpd-lite/daemon.h"
#include "conf/diff.h"
#include "rib/trial.h"

enum {
	PLAN_PREFIXES_MAX = 400, /* that are named */
	PLAN_ANNOUNCED_MAX = 200,
	PLAN_NOTES_MAX = 32,
};

/* The text that the file of this contributor would have. */
struct plan_text {
	char *name; /* owned, as text */
	char *text;
	size_t len;
};

enum plan_change {
	PLAN_ADDED,
	PLAN_REMOVED,
	PLAN_RESET, /* of a neighbour: its session must be opened anew */
	PLAN_CHANGED,
};

/* Names live as long as the two configurations. */
struct plan_session {
	enum plan_change change;
	const struct conf_neighbor *before; /* NULL: added */
	const struct conf_neighbor *after;  /* NULL: removed */
	bool up;                            /* its session is Established now */
	uint64_t keys;                      /* conf_neighbor_keys() */
	uint64_t reset_keys;
};
struct plan_interface {
	enum plan_change change;
	const char *name;
};
struct plan_vrf {
	enum plan_change change;
	const struct conf_vrf *before; /* NULL: added */
	const struct conf_vrf *after;
};
struct plan_prefix {
	uint16_t vrf; /* index of daemon->vrfs */
	struct prefix prefix;
	enum rib_trial_outcome outcome;
};
struct plan_announced {
	struct prefix prefix;
	unsigned gained; /* neighbours that would be told, and are not now */
	unsigned lost;
};
struct plan_rules {
	unsigned added;
	unsigned removed;
};

struct plan {
	struct daemon *d;
	const struct conf *now; /* compared with; begins anew when another is in force */
	uint64_t reload_ns;
	struct plan_text *texts;
	size_t texts_n;
	struct conf_files *files;
	struct conf *next;
	bool usable; /* a reload would take it */
	struct compiled compiled;
	struct rib_trial *trial;
	struct filter *owned_filters[RIB_PEERS_MAX + RIB_VRFS_MAX + 1];
	size_t owned_n;
	struct filter **ceiling_filters;
	struct rib_trial_ceiling *ceilings;
	struct prefix *own;
	struct rib_cursor cursor;

	struct plan_session *sessions;
	size_t sessions_n;
	struct plan_interface *interfaces;
	size_t interfaces_n;
	struct plan_vrf *vrfs;
	size_t vrfs_n;
	uint64_t outcomes[RIB_VRFS_MAX][3]; /* prefixes, by enum rib_trial_outcome */
	struct plan_prefix *prefixes;
	size_t prefixes_n;
	struct plan_announced *announced;
	size_t announced_n;
	uint64_t announced_gained; /* prefixes that some neighbour would be told of anew */
	uint64_t announced_lost;
	uint64_t announced_changed; /* told with other attributes alone */
	struct plan_rules rules;
	const char *notes[PLAN_NOTES_MAX]; /* sentences */
	size_t notes_n;
};

/* Takes the texts. Never NULL. */
struct plan *plan_new(struct daemon *d, struct plan_text *texts, size_t n);
void plan_free(struct plan *p); /* NULL is allowed */
/* A piece of the walk, at most `budget` prefixes. True: more is to be done. */
bool plan_run(struct plan *p, unsigned budget);
/* Something would be different after the reload. */
bool plan_changes(const struct plan *p);
/* It is Established and would end: by the reload, or by reload --reset (PLAN_RESET). */
bool plan_session_ends(const struct plan_session *s);
/* Some session would. */
bool plan_ends_sessions(const struct plan *p);

/* plan_diff.c: fills sessions, interfaces, vrfs, rules and notes. */
void plan_compare(struct plan *p);
/* plan_announce.c: fills announced and p->own. */
void plan_announcements(struct plan *p);
