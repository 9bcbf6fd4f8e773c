/*
 * The sending to one neighbour: its number in the Adj-RIB-Out, the next hops it is given,
 * End-of-RIB. What its full queue refuses is tried again. bgp process.
 *
 * A neighbour has its number for as long as it is configured. Next hops are this host's addresses
 * on the way to the neighbour; a family that has none there is not announced to it.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "bgpd-lite/bgp/adj_out.h"

struct daemon;
struct neighbor;

enum {
	OUTLET_NO_NUMBER = 0xffff,
};

/* neighbor.out; its own but for reading. */
struct outlet {
	uint16_t number; /* in the Adj-RIB-Out, or OUTLET_NO_NUMBER */
	bool up;
	bool enhanced_refresh;
	uint32_t end_of_rib_due; /* BGP_FAMILY_*: to be sent when nothing is pending */
	uint32_t refresh_wanted; /* asked for: begins with BoRR when nothing is pending */
	uint32_t refresh_due;    /* begun: EoRR is to be sent when nothing is pending */
	struct bgp_update_to to;
	struct ev_timer retry;
};

/* Gives it a number that no neighbour of the daemon has, where one is left. */
void outlet_init(struct neighbor *n);
/* What may be announced to it; NULL: all. Takes the reference over. */
void outlet_export(struct neighbor *n, struct filter *export);
/* The session is Established: everything for it is sent, then End-of-RIB. */
void outlet_up(struct neighbor *n);
void outlet_down(struct neighbor *n); /* also before the neighbour is freed */
/* What is pending for it is sent. */
void outlet_send(struct neighbor *n);
/* It asks for our routes of these families again (RFC 2918): all of them, then End-of-RIB, or
 * between BoRR and EoRR where both speak RFC 7313. */
void outlet_refresh(struct neighbor *n, uint32_t families);
/* Addresses, the configuration or the drain changed: where that gives other attributes, they are
 * announced. */
void outlet_changed(struct neighbor *n);
