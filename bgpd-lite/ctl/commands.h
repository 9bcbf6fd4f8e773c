/*
 * The commands of bgpd-litectl: what is typed becomes a method with parameters. No sockets, no
 * output.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bgpd-lite/ctl/text.h"

struct ask {
	const struct command *command;
	json_t *parameters;  /* owned */
	const char *text_of; /* the parameter that standard input becomes, NULL: none */
	char **files;        /* whose texts go with it */
	size_t files_n;
	bool detail;      /* one neighbour was named, or --origin, --check or --wait was given */
	unsigned watch_s; /* again after so many seconds; 0: once */
	int64_t now_s;    /* CLOCK_REALTIME, to say how long ago something was */
};

struct command {
	const char *words[3]; /* "show", "routes"; "show", "config", "diff" */
	const char *arguments;
	const char *help;
	const char *method;
	bool stream; /* too large to be kept as one document */
	/* The words after the command's own; false: why says what is wrong. */
	bool (*take)(struct ask *a, int argc, char **argv, struct text *why);
	void (*print)(const json_t *reply, const struct ask *a, struct text *out);
};
extern const struct command commands[]; /* ends with a NULL method */

/* False: why says what is wrong and what may have been meant. The caller frees parameters. */
bool commands_parse(int argc, char **argv, struct ask *a, struct text *why);
/* A parameter that must not be there yet. */
bool commands_set_once(struct ask *a, const char *key, const char *value, struct text *why);
/* commands_packet.c: from, iif, mark; "TO from FROM [iif I] [mark M]" */
extern const char *const commands_packet_words[];
bool commands_packet(struct ask *a, int argc, char **argv, struct text *why);
/* commands_options.c
 * --reset was given: fits `reload` alone. */
bool commands_reset(struct ask *a, struct text *why);
/* --confirm SECONDS was given: fits `reload` alone. */
bool commands_confirm(struct ask *a, const char *seconds, struct text *why);
/* --remove was given: fits `contribute` alone. */
bool commands_remove(struct ask *a, struct text *why);
/* --message TEXT was given: fits `shutdown` and `drain`. */
bool commands_message(struct ask *a, const char *message, struct text *why);
/* --wait was given: fits `drain` alone. */
bool commands_wait(struct ask *a, struct text *why);
/* --yes was given: fits `flush vrf` alone. */
bool commands_yes(struct ask *a, struct text *why);
/* --undo was given: fits `flush vrf` alone. */
bool commands_undo(struct ask *a, struct text *why);
/* --origin was given: fits `show config` alone. */
bool commands_origin(struct ask *a, struct text *why);
/* --check was given: fits `status` alone. */
bool commands_check(struct ask *a, struct text *why);
/* Again after so many seconds, typed; NULL: the default. */
bool commands_seconds(struct ask *a, const char *typed, struct text *why);
/* --watch was given, typed: its seconds, NULL for the default: fits `status` and `show`. */
bool commands_watch(struct ask *a, const char *typed, struct text *why);
void commands_help(struct text *out);

/* explain_kernel.c: adds "kernel" to each explanation, and corrects its sentence. */
void explain_kernel(json_t *reply);
struct nlread_route;
json_t *kernel_view_route(const struct nlread_route *r);
/* Of the route's nexthop object, itself or the group's, or the route's own; r NULL: none. */
json_t *kernel_view_members(const struct nlread_route *r);

/* print_*.c; reply is the joined parameters of all replies */
void print_status(const json_t *reply, const struct ask *a, struct text *out);
void print_neighbors(const json_t *reply, const struct ask *a, struct text *out);
void print_bfd(const json_t *reply, const struct ask *a, struct text *out);
void print_nexthops(const json_t *reply, const struct ask *a, struct text *out);
/* Gateways of a set, with their weights where it has some; nothing for an empty one. */
void print_members(const json_t *list, struct text *out);
void print_return_rules(const json_t *reply, const struct ask *a, struct text *out);
void print_explain(const json_t *reply, const struct ask *a, struct text *out);
void print_vrfs(const json_t *reply, const struct ask *a, struct text *out);
void print_interfaces(const json_t *reply, const struct ask *a, struct text *out);
void print_contributor_list(const json_t *reply, const struct ask *a, struct text *out);
void print_filters(const json_t *reply, const struct ask *a, struct text *out);
void print_what_if(const json_t *reply, const struct ask *a, struct text *out);
void print_monitor(const json_t *reply, const struct ask *a, struct text *out);
void print_events(const json_t *reply, const struct ask *a, struct text *out);
void print_memory(const json_t *reply, const struct ask *a, struct text *out);
void print_config(const json_t *reply, const struct ask *a, struct text *out);
void print_drain(const json_t *reply, const struct ask *a, struct text *out);
void print_done(const json_t *reply, const struct ask *a, struct text *out);
void put_contributors(const json_t *list, struct text *out); /* the table of them */
void print_announcements(const json_t *reply, const struct ask *a, struct text *out);
void print_reload(const json_t *reply, const struct ask *a, struct text *out);
void print_history(const json_t *reply, const struct ask *a, struct text *out);
void print_config_diff(const json_t *reply, const struct ask *a, struct text *out);
void print_confirm(const json_t *reply, const struct ask *a, struct text *out);
void print_contribution(const json_t *reply, const struct ask *a, struct text *out);
void print_plan(const json_t *reply, const struct ask *a, struct text *out);
void print_flush(const json_t *reply, const struct ask *a, struct text *out);
void print_flush_vrf(const json_t *reply, const struct ask *a, struct text *out);
void print_restore_vrf(const json_t *reply, const struct ask *a, struct text *out);
