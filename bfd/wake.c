/*
 * The timer of the bfd process: one timerfd for all sessions, watched as a descriptor (an ev_timer
 * on epoll is late by 0.6 ms in the mean, a timerfd by 0.1 ms).
 *
 * No session goes Down because of a timer alone. When a detection time has passed on our clock,
 * packets that are due leave first, then every socket is read, and only then it is decided, by the
 * time at which the kernel received the last packet: a process that was frozen finds the peer's
 * packets in its sockets.
 */
#include "bfd/proc.h"
#include "lib/clock.h"

#include <sys/timerfd.h>

#define LATE_NS 2000000u /* woken so late, what is due is sent before anything is read */
#define FIRED   0u       /* of armed_ns: the timer has to be set, whatever to */

static void send_due(struct bfd_proc *proc, struct bfd_peer *p, uint64_t now_ns)
{
	uint64_t due_ns = bfd_session_next_tx_ns(&p->s);
	if (p->s.last_tx_ns && now_ns > due_ns) {
		uint64_t late_us = (now_ns - due_ns) / 1000;
		p->s.tx_late_sum_us += late_us;
		if (late_us > p->s.tx_late_max_us)
			p->s.tx_late_max_us = late_us;
	}
	bfd_peer_send(proc, p, false, now_ns);
}

static void reopen(struct bfd_proc *proc, struct bfd_peer *p, uint64_t now_ns)
{
	p->s.wake_ns = 0;
	if (p->tx_fd >= 0 && !p->broken)
		return;
	bfd_peer_open(proc, p, now_ns);
	if (p->tx_fd >= 0)
		bfd_peer_send(proc, p, false, now_ns);
}

static void suspect(struct bfd_proc *proc, struct bfd_peer *p)
{
	p->s.suspect = true;
	p->next_suspect = proc->suspects;
	proc->suspects = p;
}

static void tick(struct bfd_proc *proc, struct bfd_peer *p, uint64_t now_ns)
{
	struct bfd_session *s = &p->s;
	uint64_t due_ns = bfd_session_due_ns(s);
	if (s->linger_ns && now_ns >= s->linger_ns) {
		bfd_peer_free(proc, p);
		return;
	}
	if (now_ns > due_ns && s->last_tx_ns)
		bfd_session_note_late(s, now_ns - due_ns, now_ns);
	if (s->wake_ns && now_ns >= s->wake_ns)
		reopen(proc, p, now_ns);
	if (bfd_session_tx_is_near(s, now_ns))
		send_due(proc, p, now_ns);
	if (!s->suspect && now_ns >= bfd_session_expiry_ns(s))
		suspect(proc, p);
	bfd_table_update(proc->table, s, true);
}

static void judge(struct bfd_proc *proc, struct bfd_peer *p, uint64_t late_ns)
{
	uint64_t now_ns = clock_ns();
	bool lost = p->rx && p->rx->lost_ns > p->s.last_rx_ns;
	/* A node that stood still may have stood still as a whole: its packets come a little later.
	 */
	bool slept = late_ns > bfd_session_detection_ns(&p->s) / 2;
	unsigned actions = bfd_session_expire(&p->s, lost || slept, now_ns);
	bfd_peer_act(proc, p, actions, now_ns);
	bfd_table_update(proc->table, &p->s, true);
}

static void judge_suspects(struct bfd_proc *proc, uint64_t late_ns)
{
	if (!proc->suspects)
		return;
	bfd_rx_drain_all(proc, clock_ns());
	while (proc->suspects) {
		struct bfd_peer *p = proc->suspects;
		proc->suspects = p->next_suspect;
		p->next_suspect = NULL;
		judge(proc, p, late_ns);
	}
}

static void note_wake(struct bfd_proc *proc, uint64_t late_us)
{
	proc->wake_n++;
	proc->wake_late_sum_us += late_us;
	if (late_us > proc->wake_late_max_us)
		proc->wake_late_max_us = late_us;
}

static void wake(struct bfd_proc *proc)
{
	struct bfd_session *s;
	uint64_t now_ns = clock_ns();
	uint64_t late_ns = now_ns > proc->armed_ns ? now_ns - proc->armed_ns : 0;
	note_wake(proc, late_ns / 1000);
	if (late_ns < LATE_NS)
		bfd_rx_read_repeats(proc, now_ns);
	while ((s = bfd_heap_first(&proc->table->heap)) &&
		(s->due_ns <= now_ns ||
			(proc->sent_n < BFD_BURST_N && bfd_session_tx_is_near(s, now_ns))))
		tick(proc, bfd_peer_of(s), now_ns);
	judge_suspects(proc, late_ns);
	if (late_ns >= LATE_NS)
		bfd_rx_read_repeats(proc, now_ns);
	bfd_rx_poll(proc, now_ns);
	if (proc->stopping && !bfd_heap_first(&proc->table->heap))
		ev_break(proc->loop, EVBREAK_ALL);
}

static void on_timer(struct ev_loop *loop, ev_io *w, int revents)
{
	struct bfd_proc *proc = w->data;
	(void)loop;
	(void)revents;
	wake(proc);
	proc->armed_ns = FIRED;
}

/* Before the loop waits: the timer is set to the earliest session or the next poll. Setting it also
 * makes the descriptor unreadable again, so it is never read. */
static void on_prepare(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct bfd_proc *proc = w->data;
	struct bfd_session *first = bfd_heap_first(&proc->table->heap);
	uint64_t due_ns = first ? first->due_ns : BFD_NEVER;
	due_ns = due_ns < proc->poll_ns ? due_ns : proc->poll_ns;
	due_ns = due_ns < proc->full_ns ? due_ns : proc->full_ns;
	struct itimerspec at = {0};
	(void)loop;
	(void)revents;
	proc->sent_n = 0;
	if (due_ns == proc->armed_ns)
		return;
	proc->armed_ns = due_ns;
	if (due_ns != BFD_NEVER) {
		due_ns = due_ns ? due_ns : 1; /* 0 would stop the timer */
		at.it_value.tv_sec = (time_t)(due_ns / 1000000000);
		at.it_value.tv_nsec = (long)(due_ns % 1000000000);
	}
	timerfd_settime(proc->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void bfd_wake_init(struct bfd_proc *proc)
{
	proc->armed_ns = proc->poll_ns = BFD_NEVER;
	ev_io_init(&proc->timer, on_timer, proc->timer_fd, EV_READ);
	ev_set_priority(&proc->timer, EV_MAXPRI);
	proc->timer.data = proc;
	ev_io_start(proc->loop, &proc->timer);
	ev_prepare_init(&proc->prepare, on_prepare);
	proc->prepare.data = proc;
	ev_prepare_start(proc->loop, &proc->prepare);
}
