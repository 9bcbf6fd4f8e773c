#include "bgpd-lite/drain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

static void note(struct daemon *d, const char *what)
{
	log_event(LOG_LEVEL_INFO, LOG_ID_ADMIN, "%s", what);
	events_add(&d->events, clock_realtime_ns(), EVENT_ADMIN, "", "%s", what);
}

static void announce_again(struct daemon *d)
{
	for (size_t i = 0; i < d->neighbors_n; i++)
		outlet_changed(d->neighbors[i]);
}

static void on_time(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct daemon *d = w->data;

	(void)loop;
	(void)events;
	if (d->stop != DAEMON_RUNS)
		return;
	if (d->drain.stops) {
		daemon_stop(d, EXIT_SUCCESS, false);
		return;
	}
	d->drain.state = DRAIN_CLOSED;
	note(d, "drained: sessions are closed");
	neighbors_administered(d);
}

void drain_init(struct daemon *d)
{
	ev_timer_init(&d->drain.timer, on_time, 0, 0);
	d->drain.timer.data = d;
}

void drain_begin(struct daemon *d, const char *text)
{
	struct drain *o = &d->drain;

	if (o->state != DRAIN_NONE)
		return;
	snprintf(o->text, sizeof(o->text), "%s", text[0] ? text : "drained");
	note(d, "drain begins");
	o->state = DRAIN_ANNOUNCED;
	o->until_ms = clock_ms() + 1000ULL * d->conf->bgp.drain_time_s;
	ev_now_update(d->loop);
	ev_timer_set(&o->timer, d->conf->bgp.drain_time_s, 0);
	ev_timer_start(d->loop, &o->timer);
	announce_again(d);
}

void drain_undo(struct daemon *d)
{
	bool closed = d->drain.state == DRAIN_CLOSED;

	if (d->drain.state == DRAIN_NONE || d->drain.stops)
		return;
	drain_stop(d);
	d->drain.state = DRAIN_NONE;
	note(d, "drain undone");
	if (closed)
		neighbors_administered(d);
	else
		announce_again(d);
}

static bool somebody_listens(const struct daemon *d)
{
	for (size_t i = 0; i < d->neighbors_n; i++)
		if (d->neighbors[i]->out.up && !d->neighbors[i]->conf->local_speaker)
			return true;
	return false;
}

bool drain_before_stop(struct daemon *d)
{
	if (!d->conf->bgp.drain_at_stop || d->drain.stops || d->drain.state == DRAIN_CLOSED ||
		!somebody_listens(d))
		return false;
	d->drain.stops = true;
	drain_begin(d, "the daemon stops");
	service_draining(d);
	return true;
}

void drain_stop(struct daemon *d)
{
	ev_timer_stop(d->loop, &d->drain.timer);
}
