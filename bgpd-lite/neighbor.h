/*
 * One configured neighbour: its BGP session, its place in the RIB, its BFD session. bgp process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bgpd-lite/daemon.h"

struct neighbor {
	struct daemon *daemon;
	const struct conf_neighbor *conf; /* in daemon->conf */
	struct session *session;
	struct filter *import; /* compiled; NULL: none given */
	uint16_t vrf;          /* index in daemon->conf->vrfs and in the rib */
	uint16_t peer;         /* slot of the rib while Established, else RIB_NO_PEER */
	uint32_t incarnation;  /* of the present or last life of the session */
	uint32_t end_of_rib;   /* BGP_FAMILY_*: received in this life */
	uint32_t bfd_id;       /* 0: no BFD session is asked for */
	bool bfd_told;         /* bfd.state is valid */
	bool pending;          /* a change waits for the session's next start */
	bool refused_key;      /* the password file could not be used: the session stays down */
	char waiting[128];     /* why the session is not started: "no remote-as is given", "" */
	struct bfd_msg_set bfd_asked; /* what bfd was last told */
	struct bfd_msg_state bfd;     /* last change */
	struct bfd_msg_stats bfd_stats;
	uint64_t bfd_stats_ms; /* when they came, 0: never */
};

struct neighbor *neighbor_new(struct daemon *d);
/* De-configured: Cease 6/3, BFD AdminDown, paths go. Frees it. */
void neighbor_free(struct neighbor *n);
/* Takes conf (and n->vrf, n->import set by the caller) over; starts, stops or changes what must be.
 */
void neighbor_configure(struct neighbor *n, const struct conf_neighbor *conf, bool reset_needed);
/* Links or addresses changed: devices that came or went, sources, BFD parameters. */
void neighbor_links_changed(struct neighbor *n);
void neighbor_bfd_state(struct neighbor *n, const struct bfd_msg_state *m);
struct neighbor *neighbor_by_bfd_id(struct daemon *d, uint32_t id);
struct neighbor *neighbor_by_name(
	struct daemon *d, const char *name); /* "192.0.2.1", with "vrf red" */
