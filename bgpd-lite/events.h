/*
 * What happened: the last EVENTS_MAX changes of state with their time and reason, for `show
 * events`. bgp process; pure: the time comes in.
 *
 * A ring of fixed size: sessions that come and go, BFD, configurations applied, gateways lost,
 * repairs, what operators did. No event is about a single prefix, so a peer cannot push others out
 * faster than it can lose sessions.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	EVENTS_MAX = 512,
	EVENT_SUBJECT_MAX = 96,
	EVENT_TEXT_MAX = 208,
};

enum event_kind {
	EVENT_DAEMON,
	EVENT_CONFIG,
	EVENT_SESSION,
	EVENT_BFD,
	EVENT_GATEWAY,
	EVENT_REPAIR,
	EVENT_ADMIN,
};

struct event {
	uint64_t number; /* from 1, without gaps */
	uint64_t at_realtime_ns;
	enum event_kind kind;
	char subject[EVENT_SUBJECT_MAX]; /* a neighbour, a gateway's address, "" */
	char text[EVENT_TEXT_MAX];
};

struct events {
	uint64_t n; /* so far */
	struct event ring[EVENTS_MAX];
};

void events_add(struct events *e, uint64_t at_realtime_ns, enum event_kind kind,
	const char *subject, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* That event; NULL: not yet, or no longer. */
const struct event *events_find(const struct events *e, uint64_t number);
const char *event_kind_text(enum event_kind k);
