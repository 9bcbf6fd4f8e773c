/* Monitor: events as they happen, until the client goes. */
#include "bgpd-lite/ctl/call.h"

#include "lib/clock.h"

enum {
	MONITORS_MAX = 8,         /* at a time: the other places are for who asks */
	MONITOR_QUIET_MS = 20000, /* then an empty reply: both ends see that the other is there */
};

void monitor_start(struct call *c)
{
	const char *text = request_text(&c->request, "last");
	uint64_t n = c->d->events.n, last = 0;

	if (text && !call_number(text, EVENTS_MAX, &last)) {
		call_bad_parameter(c, "last", "a number from 0 to 512");
		return;
	}
	if (c->d->monitors_n >= MONITORS_MAX) {
		call_error(c, "io.bgpd-lite.Busy", NULL);
		return;
	}
	c->monitors = true;
	c->d->monitors_n++;
	c->index = n > last ? n - last : 0;
	c->asked_ms = 0;
}

enum call_progress monitor_step(struct call *c)
{
	uint64_t now = clock_ms();

	if (c->index < c->d->events.n) {
		const struct event *e = events_find(&c->d->events, ++c->index);
		if (e) /* else a client that reads too slowly has lost it */
			batch_add(&c->batch, 0, view_event(e));
		c->asked_ms = now;
		return CALL_MORE;
	}
	if (c->batch.items == 0 && now - c->asked_ms >= MONITOR_QUIET_MS) {
		batch_flush(&c->batch, true, c->out);
		c->asked_ms = now;
	}
	return CALL_SLEEP;
}

void monitor_end(struct call *c)
{
	c->d->monitors_n -= c->monitors;
	c->monitors = false;
}
