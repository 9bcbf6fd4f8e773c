#include "bgpd-lite/service.h"

#include <stdio.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

#define STATUS_S   3.0  /* between two looks at the line of status */
#define BEAT_MAX_S 15.0 /* between two heartbeats */
#define BEAT_MIN_S 0.05

/* ---- the line of status ---- */

static size_t established_n(const struct daemon *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct session_info info;
		session_info(d->neighbors[i]->session, &info);
		n += info.state == FSM_ESTABLISHED;
	}
	return n;
}

static size_t quarantined_n(const struct conf *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->contributors_n; i++)
		n += !conf_all_in_force(&c->contributors[i]);
	return n;
}

static void write_status(const struct daemon *d, char text[SERVICE_STATUS_MAX])
{
	struct rib_counts c;
	size_t bad = quarantined_n(d->conf);
	int n;

	rib_count(d->rib, &c);
	n = snprintf(text, SERVICE_STATUS_MAX,
		"%zu of %zu sessions established, %llu prefixes, %llu installed", established_n(d),
		d->neighbors_n, (unsigned long long)c.prefixes, (unsigned long long)c.installed);
	if (bad)
		snprintf(text + n, SERVICE_STATUS_MAX - (size_t)n,
			"; degraded: %zu configuration file%s in quarantine", bad,
			bad == 1 ? "" : "s");
}

static void on_status(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct daemon *d = w->data;
	char text[SERVICE_STATUS_MAX];

	(void)loop;
	(void)events;
	if (!d->service.ready || d->stop != DAEMON_RUNS)
		return;
	write_status(d, text);
	if (strcmp(text, d->service.text) == 0)
		return;
	memcpy(d->service.text, text, sizeof(text));
	notify_send(&d->service.notify, "STATUS=%s", text);
}

/* ---- the watchdog ---- */

static void on_beat(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct daemon *d = w->data;
	struct service *s = &d->service;

	(void)loop;
	(void)events;
	if (d->stop != DAEMON_RUNS)
		return;
	if (s->fib_asked || s->bfd_asked) {
		log_warn("no answer to a heartbeat process=\"%s%s\"", s->fib_asked ? "fib " : "",
			s->bfd_asked ? "bfd" : "");
		return;
	}
	s->fib_asked = s->bfd_asked = true;
	fibc_ping(d);
	bfdc_ping(d);
}

static void feed(struct service *s)
{
	if (!s->fib_asked && !s->bfd_asked)
		notify_send(&s->notify, "WATCHDOG=1");
}

void service_fib_alive(struct daemon *d)
{
	d->service.fib_asked = false;
	feed(&d->service);
}

void service_bfd_alive(struct daemon *d)
{
	d->service.bfd_asked = false;
	feed(&d->service);
}

/* ---- steps of the daemon's life ---- */

void service_start(struct daemon *d)
{
	struct service *s = &d->service;
	double beat_s = (double)notify_watchdog_us() / 4e6;

	notify_open(&s->notify);
	if (s->notify.fd < 0)
		return;
	ev_timer_init(&s->status, on_status, STATUS_S, STATUS_S);
	s->status.data = s->beat.data = d;
	ev_timer_start(d->loop, &s->status);
	if (beat_s <= 0)
		return;
	beat_s = beat_s > BEAT_MAX_S ? BEAT_MAX_S : beat_s < BEAT_MIN_S ? BEAT_MIN_S : beat_s;
	ev_timer_init(&s->beat, on_beat, beat_s, beat_s);
	s->beat.data = d;
	ev_timer_start(d->loop, &s->beat);
}

void service_stop(struct daemon *d)
{
	notify_close(&d->service.notify);
}

void service_ready(struct daemon *d)
{
	struct service *s = &d->service;

	s->ready = true;
	write_status(d, s->text);
	notify_send(&s->notify, "READY=1\nSTATUS=%s", s->text);
}

void service_reloading(struct daemon *d)
{
	if (d->service.ready)
		notify_send(&d->service.notify,
			"RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reads the configuration again",
			(unsigned long long)(clock_ns() / 1000));
}

void service_reloaded(struct daemon *d)
{
	if (d->service.ready)
		service_ready(d);
}

void service_draining(struct daemon *d)
{
	notify_send(&d->service.notify,
		"STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu\nSTATUS=drains for %u s, then stops",
		(d->conf->bgp.drain_time_s + 10) * 1000000ULL, d->conf->bgp.drain_time_s);
}

void service_stopping(struct daemon *d)
{
	notify_send(&d->service.notify, "STOPPING=1\nSTATUS=stops, routes are %s",
		d->stop_withdraws ? "withdrawn" : "kept");
}
