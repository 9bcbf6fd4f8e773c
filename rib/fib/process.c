/* The loop: bfd, urgent, kernel events, then one slice of the bulk channel, and around again. */
#include "rib/fib/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

enum {
	STOP_FLUSH_MS = 2000, /* bgp gets this long to take our last words */
	OVERRUN_RETRY_MS = 200,
};

enum {
	POLL_BFD,
	POLL_URGENT,
	POLL_EVENT,
	POLL_BULK,
	POLL_N,
};

/* Not beside a dump of our own, which would find what is being deleted. */
static bool compares_may(const struct fib *f)
{
	return f->configured && !sweep_busy(&f->sweep);
}

static void sooner(int *wait, int other)
{
	if (other >= 0 && other < *wait)
		*wait = other;
}

static int poll_timeout(const struct fib *f, bool room)
{
	uint64_t now = clock_ms();
	if ((room && f->bulk.busy && !compare_lists(&f->compares)) || f->audit_due)
		return 0;
	if (f->overrun)
		return OVERRUN_RETRY_MS;
	int wait = f->audit_at_ms > now ? (int)(f->audit_at_ms - now) : 0;
	sooner(&wait, rules_wait_ms(&f->rules, now));
	sooner(&wait, drift_wait_ms(&f->drift, now));
	sooner(&wait, unnumbered_wait_ms(&f->unnumbered, now));
	if (compares_may(f) && room)
		sooner(&wait, compare_wait_ms(f, now));
	return wait;
}

static void wait_for_work(struct fib *f, struct pollfd p[POLL_N])
{
	bool all_sent = outbox_flush(&f->out, &f->view);
	bool room = !outbox_full(&f->out);

	p[POLL_BFD] = (struct pollfd){.fd = f->bfd_fd, .events = POLLIN};
	p[POLL_URGENT] = (struct pollfd){.fd = f->urgent_fd, .events = POLLIN};
	p[POLL_EVENT] = (struct pollfd){.fd = f->kernel.event_fd, .events = POLLIN};
	p[POLL_BULK] = (struct pollfd){.fd = f->bulk_fd};
	if (room && !f->bulk.busy)
		p[POLL_BULK].events |= POLLIN;
	if (!all_sent)
		p[POLL_BULK].events |= POLLOUT;
	if (poll(p, POLL_N, poll_timeout(f, room)) < 0)
		for (int i = 0; i < POLL_N; i++)
			p[i].revents = 0;
}

static void serve(struct fib *f)
{
	struct pollfd p[POLL_N];
	wait_for_work(f, p);
	if (p[POLL_BFD].revents)
		fib_urgent_read(f, &f->bfd_fd);
	if (p[POLL_URGENT].revents)
		fib_urgent_read(f, &f->urgent_fd);
	if (f->ended)
		return;
	if (p[POLL_EVENT].revents || f->overrun || f->audit_due)
		fib_events_read(f);
	if (clock_ms() >= f->audit_at_ms && !sweep_busy(&f->sweep))
		fib_audit(f);
	if (f->configured && rules_wait_ms(&f->rules, clock_ms()) == 0)
		rules_check(f);
	if (drift_wait_ms(&f->drift, clock_ms()) == 0)
		drift_tell(f);
	if (compares_may(f) && !outbox_full(&f->out) && compare_wait_ms(f, clock_ms()) == 0)
		compare_step(f);
	if (unnumbered_wait_ms(&f->unnumbered, clock_ms()) == 0)
		unnumbered_look(f);
	if (outbox_full(&f->out) && !(p[POLL_BULK].revents & (POLLHUP | POLLERR)))
		return;
	if (f->bulk.busy || p[POLL_BULK].revents & (POLLIN | POLLHUP | POLLERR))
		fib_bulk_step(f);
}

static void flush_last_words(struct fib *f)
{
	uint64_t until = clock_ms() + STOP_FLUSH_MS;
	while (!outbox_flush(&f->out, &f->view) && clock_ms() < until) {
		struct pollfd p = {.fd = f->bulk_fd, .events = POLLOUT};
		poll(&p, 1, 100);
	}
}

static void ignore_signals(void)
{
	static const int sig[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE};
	for (size_t i = 0; i < sizeof(sig) / sizeof(sig[0]); i++)
		signal(sig[i], SIG_IGN);
}

static void fib_free(struct fib *f)
{
	sweep_free(&f->sweep);
	rules_free(&f->rules);
	drift_free(&f->drift);
	compare_free(&f->compares);
	unnumbered_free(&f->unnumbered);
	outbox_free(&f->out);
	hostview_free(&f->view);
	tables_free(&f->tables);
	kops_free(&f->kops);
	kops_free(&f->spare);
	ledger_free(&f->ledger);
	free(f);
}

int fib_process_run(int bulk_fd, int urgent_fd, int bfd_fd, int advert_fd)
{
	struct fib *f = fib_grow(NULL, 1, sizeof(*f));
	memset(f, 0, sizeof(*f));
	f->bulk_fd = f->out.fd = bulk_fd;
	f->urgent_fd = urgent_fd;
	f->bfd_fd = bfd_fd;
	f->advert_fd = advert_fd;
	f->audit_at_ms = clock_ms() + FIB_AUDIT_MS;
	ignore_signals();

	int error = kernel_open(&f->kernel);
	if (error) {
		log_err("rtnetlink-unavailable error=\"%s\"", strerror(-error));
		fib_free(f);
		return 1;
	}
	fib_events_start(f);
	while (!f->ended)
		serve(f);
	flush_last_words(f);
	int code = f->exit_code;
	kernel_close(&f->kernel);
	fib_free(f);
	return code;
}
