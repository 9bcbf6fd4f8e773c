/*
 * What the control socket shows, as JSON: structs in, a JSON value out. bgp process.
 *
 * The fields and their units are documented in doc/control.md; they are an interface. The time
 * comes in as an argument: CLOCK_MONOTONIC. The caller frees the value (json_decref).
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "bgpd-lite/ctl/text.h"
#include "bgpd-lite/daemon.h"
#include "bgpd-lite/neighbor.h"

enum {
	VIEW_VERSION = 1,        /* of the fields, `version` of Status; grows when one changes its
				  * meaning or goes */
	VIEW_PATHS_MAX = 128,    /* paths listed of one route */
	VIEW_RULES_MAX = 200,    /* routing rules listed */
	VIEW_MESSAGES_MAX = 300, /* configuration messages in one reply */
};

json_t *view_status(const struct daemon *d, uint64_t now_ms);
json_t *view_drain(const struct daemon *d, uint64_t now_ms);
/* Outcome of the last reload: ok, what changed, what waits. null when there was none. */
json_t *view_reload(const struct daemon *d);
/* Adds "messages" and "messages_left_out" of the configuration to o, at most so many. */
void view_put_messages(json_t *o, const struct conf *c, size_t max);

struct plan;
json_t *view_plan(const struct plan *p);

/* Rules of routing policy as fib was told, and what it made of them. */
json_t *view_rules(const struct rules_told *told);
json_t *view_message(const struct conf_message *m);
json_t *view_vrf(const struct daemon *d, uint16_t index);
/* "flushed_at_s": null where it is not. */
void view_put_flushed(json_t *o, const struct vrf_slot *v);
json_t *view_contributor(const struct conf_contributor *from);
/* view_show.c: the same and more */
json_t *view_vrf_detail(const struct daemon *d, uint16_t index);
json_t *view_contributor_detail(const struct conf *c, const struct conf_contributor *from);
json_t *view_interface(const struct daemon *d, const struct fib_link *l);
json_t *view_event(const struct event *e);
/* What the bgp process holds, by owner. */
json_t *view_memory(const struct daemon *d);

json_t *view_neighbor(const struct neighbor *n, uint64_t now_ms);
/* bgp's view and the last statistics of the bfd process; the neighbour has a BFD session. */
json_t *view_bfd(const struct neighbor *n, uint64_t now_ns);

/* Which paths of a route are wanted. */
enum view_paths {
	VIEW_PATHS_ALL,
	VIEW_PATHS_ACCEPTED,
	VIEW_PATHS_REJECTED,
};
/* Does the path belong to what is wanted? peer RIB_NO_PEER: of any neighbour. */
bool view_path_wanted(const struct rib_path_view *p, enum view_paths which, uint16_t peer);
/* In bits per second, at most what JSON readers take as a whole number. */
uint64_t view_bandwidth(float octets_per_second);
json_t *view_path(const struct rib_path_view *p, uint16_t vrf, const struct host *h);
/* Behind t, as text: there may be millions. */
void view_write_route(struct text *t, const struct rib_route_view *v, const struct host *h,
	const char *vrf, enum view_paths which, uint16_t peer);

/* Prefix i of what is announced: offers, and who was told. */
json_t *view_announcement(const struct daemon *d, size_t i);

json_t *view_next_hop(const struct rib_next_hop_view *n, const char *vrf, const struct host *h);
json_t *view_gateway(const struct rib_gateway_view *g, const struct host *h);
/* gateways: where the members are looked up. */
json_t *view_group(const struct rib_group_view *g, const struct rib_gateway_view *gateways,
	size_t gateways_n, const struct host *h);
