/* One round of the loop: bfd, urgent, a flush, kernel events, then one slice of the bulk channel.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

enum {
	OVERRUN_RETRY_MS = 200,
};

struct fib *fib_new(int bulk_fd, int urgent_fd, int bfd_fd, int advert_fd)
{
	struct fib *f = fib_grow(NULL, 1, sizeof(*f));
	memset(f, 0, sizeof(*f));
	f->bulk_fd = f->out.fd = bulk_fd;
	f->urgent_fd = urgent_fd;
	f->bfd_fd = bfd_fd;
	f->advert_fd = advert_fd;
	f->audit_at_ms = clock_ms() + FIB_AUDIT_MS;
	return f;
}

int fib_start(struct fib *f)
{
	int error = kernel_open(&f->kernel);
	if (!error)
		fib_read_host(f);
	return error;
}

/* Not beside a dump of our own, nor before a flush: it would find what is being deleted. */
static bool compares_may(const struct fib *f)
{
	return f->configured && !sweep_busy(&f->sweep) && !f->ledger.left_n;
}

static void sooner(int *wait, int other)
{
	if (other >= 0 && other < *wait)
		*wait = other;
}

int fib_wait_ms(const struct fib *f)
{
	uint64_t now = clock_ms();
	bool room = !outbox_full(&f->out);
	bool works = f->bulk.busy || sweep_busy(&f->sweep);
	if ((room && works && !compare_lists(&f->compares)) || f->audit_due || f->ledger.left_n)
		return 0;
	if (f->overrun)
		return OVERRUN_RETRY_MS;
	int wait = f->audit_at_ms > now ? (int)(f->audit_at_ms - now) : 0;
	sooner(&wait, rules_wait_ms(&f->rules, now));
	sooner(&wait, drift_wait_ms(&f->drift, now));
	if (!f->bulk.busy)
		sooner(&wait, sweep_wait_ms(&f->sweep, now));
	sooner(&wait, unnumbered_wait_ms(&f->unnumbered, now));
	sooner(&wait, resolve_wait_ms(&f->resolve, now));
	sooner(&wait, neighbors_wait_ms(&f->neighbors, now));
	if (compares_may(f) && room)
		sooner(&wait, compare_wait_ms(f, now));
	return wait;
}

/* What is due by the clock. */
static void serve_timers(struct fib *f)
{
	if (clock_ms() >= f->audit_at_ms && !sweep_busy(&f->sweep)) {
		fib_read_host(f);
		fib_audit(f);
	}
	if (f->configured && rules_wait_ms(&f->rules, clock_ms()) == 0)
		rules_check(f);
	if (drift_wait_ms(&f->drift, clock_ms()) == 0)
		drift_tell(f);
	if (compares_may(f) && !outbox_full(&f->out) && compare_wait_ms(f, clock_ms()) == 0)
		compare_step(f);
	if (unnumbered_wait_ms(&f->unnumbered, clock_ms()) == 0)
		unnumbered_look(f);
	if (resolve_wait_ms(&f->resolve, clock_ms()) == 0)
		resolve_look(f);
	if (neighbors_wait_ms(&f->neighbors, clock_ms()) == 0)
		neighbors_probe(f);
}

void fib_serve(struct fib *f, unsigned ready)
{
	if (ready & FIB_READY_BFD)
		fib_urgent_read(f, &f->bfd_fd);
	if (ready & FIB_READY_URGENT)
		fib_urgent_read(f, &f->urgent_fd);
	fib_flush(f);
	if (f->ended)
		return;
	if (ready & FIB_READY_EVENT || f->overrun || f->audit_due)
		fib_events_read(f);
	if (ready & FIB_READY_ROUTES)
		resolve_read(f);
	if (ready & FIB_READY_NEIGHBORS)
		neighbors_read(f);
	serve_timers(f);
	if (outbox_full(&f->out) && !(ready & FIB_READY_BULK_END))
		return;
	if (!f->bulk.busy && sweep_wait_ms(&f->sweep, clock_ms()) == 0)
		sweep_begin_old(f);
	if (f->bulk.busy || ready & (FIB_READY_BULK | FIB_READY_BULK_END))
		fib_bulk_step(f);
	else if (sweep_busy(&f->sweep))
		sweep_step(f);
}

void fib_free(struct fib *f)
{
	kernel_close(&f->kernel);
	sweep_free(&f->sweep);
	rules_free(&f->rules);
	drift_free(&f->drift);
	compare_free(&f->compares);
	unnumbered_free(&f->unnumbered);
	resolve_free(&f->resolve);
	neighbors_free(&f->neighbors);
	outbox_free(&f->out);
	hostview_free(&f->view);
	tables_free(&f->tables);
	kops_free(&f->kops);
	kops_free(&f->spare);
	ledger_free(&f->ledger);
	free(f);
}
