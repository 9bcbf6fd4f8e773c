/*
 * Packets to bgp. fib process, edge.
 *
 * Nothing blocks: what the socket does not take waits here in order. Links and addresses wait in
 * the hostview, are cut to their newest state, and go first: bgp knows that a link is down when it
 * hears of the gateways that were lost with it, and does not try them again at once; DONE is one
 * number. The rest is bounded by who makes it: route errors by the bulk channel, which is not read
 * while outbox_full(); the others by the number of gateways, incarnations and tables.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"
#include "rib/fib/hostview.h"

struct outbox {
	int fd;
	struct outbox_packet *head, *tail;
	size_t n;
	uint64_t done;      /* bulk packets served */
	uint64_t done_told; /* of which bgp was told */
	bool sync_due;      /* SYNCED follows the links and addresses that are dirty */
	bool closed;        /* the other end is gone */
};

void outbox_put(struct outbox *o, const void *packet, size_t len);
void outbox_route_error(struct outbox *o, const struct fib_route *r, int error, const char *text);
void outbox_gateway_lost(struct outbox *o, uint32_t gateway, int error, const char *text);
void outbox_group_flushed(struct outbox *o, uint32_t group);
void outbox_table_error(struct outbox *o, uint32_t table, int error, const char *text);
bool outbox_full(const struct outbox *o);
/* Sends what the socket takes. True when nothing is left. */
bool outbox_flush(struct outbox *o, struct hostview *v);
void outbox_free(struct outbox *o);
