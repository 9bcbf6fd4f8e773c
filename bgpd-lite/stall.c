#include "bgpd-lite/stall.h"

#include "lib/clock.h"

static void on_wake(struct ev_loop *loop, struct ev_check *w, int events)
{
	struct stall *s = w->data;

	s->woke_ns = clock_ns();
}

static void on_wait(struct ev_loop *loop, struct ev_prepare *w, int events)
{
	struct stall *s = w->data;
	uint64_t took_ns = s->woke_ns ? clock_ns() - s->woke_ns : 0;

	s->n += took_ns >= STALL_MS * 1000000ULL;
	if (took_ns > s->longest_ns)
		s->longest_ns = took_ns;
}

void stall_start(struct stall *s, struct ev_loop *loop)
{
	*s = (struct stall){0};
	ev_prepare_init(&s->before_wait, on_wait);
	ev_check_init(&s->after_wait, on_wake);
	s->before_wait.data = s->after_wait.data = s;
	/* The first after the wait, the last before the next. */
	ev_set_priority(&s->after_wait, EV_MAXPRI);
	ev_set_priority(&s->before_wait, EV_MINPRI);
	ev_prepare_start(loop, &s->before_wait);
	ev_check_start(loop, &s->after_wait);
}

void stall_stop(struct stall *s, struct ev_loop *loop)
{
	ev_prepare_stop(loop, &s->before_wait);
	ev_check_stop(loop, &s->after_wait);
}
