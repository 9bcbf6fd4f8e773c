/* The process: poll, signals, the end. What a round does is in serve.c. */
#include "rib/fib/process.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

enum {
	STOP_FLUSH_MS = 2000, /* bgp gets this long to take our last words */
};

enum {
	POLL_BFD,
	POLL_URGENT,
	POLL_EVENT,
	POLL_ROUTES,
	POLL_NEIGHBORS,
	POLL_BULK,
	POLL_N,
};

/* Waits for work. What is ready, as bits; 0 too when a timer ended. */
static unsigned wait_for_work(struct fib *f)
{
	struct pollfd p[POLL_N];
	bool all_sent = outbox_flush(&f->out, &f->view);

	p[POLL_BFD] = (struct pollfd){.fd = f->bfd_fd, .events = POLLIN};
	p[POLL_URGENT] = (struct pollfd){.fd = f->urgent_fd, .events = POLLIN};
	p[POLL_EVENT] = (struct pollfd){.fd = f->kernel.event_fd, .events = POLLIN};
	p[POLL_ROUTES] = (struct pollfd){.fd = f->kernel.routes.fd, .events = POLLIN};
	p[POLL_NEIGHBORS] = (struct pollfd){.fd = f->kernel.neighbors.fd, .events = POLLIN};
	p[POLL_BULK] = (struct pollfd){.fd = f->bulk_fd};
	if (!outbox_full(&f->out) && !f->bulk.busy)
		p[POLL_BULK].events |= POLLIN;
	if (!all_sent)
		p[POLL_BULK].events |= POLLOUT;
	if (poll(p, POLL_N, fib_wait_ms(f)) < 0)
		return 0;
	return (p[POLL_BFD].revents ? FIB_READY_BFD : 0u) |
	       (p[POLL_URGENT].revents ? FIB_READY_URGENT : 0u) |
	       (p[POLL_EVENT].revents ? FIB_READY_EVENT : 0u) |
	       (p[POLL_ROUTES].revents ? FIB_READY_ROUTES : 0u) |
	       (p[POLL_NEIGHBORS].revents ? FIB_READY_NEIGHBORS : 0u) |
	       (p[POLL_BULK].revents & POLLIN ? FIB_READY_BULK : 0u) |
	       (p[POLL_BULK].revents & (POLLHUP | POLLERR) ? FIB_READY_BULK_END : 0u);
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

int fib_process_run(int bulk_fd, int urgent_fd, int bfd_fd, int advert_fd)
{
	struct fib *f = fib_new(bulk_fd, urgent_fd, bfd_fd, advert_fd);
	int code = 1;

	ignore_signals();
	int error = fib_start(f);
	if (error) {
		log_err("rtnetlink-unavailable error=\"%s\"", strerror(-error));
	} else {
		log_native(LOG_JOURNAL_SOCKET);
		while (!f->ended)
			fib_serve(f, wait_for_work(f));
		flush_last_words(f);
		code = f->exit_code;
	}
	fib_free(f);
	return code;
}
