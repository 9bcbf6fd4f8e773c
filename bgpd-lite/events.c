#include "bgpd-lite/events.h"

#include <stdarg.h>
#include <stdio.h>

void events_add(struct events *e, uint64_t at_realtime_ns, enum event_kind kind,
	const char *subject, const char *format, ...)
{
	struct event *x = &e->ring[e->n % EVENTS_MAX];
	va_list ap;

	x->number = ++e->n;
	x->at_realtime_ns = at_realtime_ns;
	x->kind = kind;
	snprintf(x->subject, sizeof(x->subject), "%s", subject);
	va_start(ap, format);
	vsnprintf(x->text, sizeof(x->text), format, ap);
	va_end(ap);
}

const struct event *events_find(const struct events *e, uint64_t number)
{
	const struct event *x = &e->ring[(number - 1) % EVENTS_MAX];
	return number && x->number == number ? x : NULL;
}

const char *event_kind_text(enum event_kind k)
{
	switch (k) {
	case EVENT_DAEMON:
		return "daemon";
	case EVENT_CONFIG:
		return "config";
	case EVENT_SESSION:
		return "session";
	case EVENT_BFD:
		return "bfd";
	case EVENT_GATEWAY:
		return "gateway";
	case EVENT_REPAIR:
		return "repair";
	case EVENT_ADMIN:
		return "admin";
	}
	return "unknown";
}
