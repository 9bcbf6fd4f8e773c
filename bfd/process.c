#include "bfd/process.h"
#include "bfd/proc.h"
#include "lib/clock.h"
#include "lib/cpus.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	REALTIME_PRIORITY = 30,
};

/* xorshift128+: jitter and ports need to be uneven, not secret. */
uint32_t bfd_random(struct bfd_proc *proc)
{
	uint64_t a = proc->random[0], b = proc->random[1];
	proc->random[0] = b;
	a ^= a << 23;
	proc->random[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
	return (uint32_t)((proc->random[1] + b) >> 32);
}

static void ignore_signals(void)
{
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

/* Each session has a socket; what the unit allows may be more than what is set. */
static void allow_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* With a limit on locked memory, locking what comes later too would make malloc fail. */
static void lock_memory(void)
{
	struct rlimit limit;
	bool all = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
	if (mlockall(all ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT) < 0)
		log_info("memory is not locked reason=\"%s\"", strerror(errno));
}

static bool become_realtime(void)
{
	struct sched_param param = {.sched_priority = REALTIME_PRIORITY};
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) == 0) {
		cpus_keep_last();
		return true;
	}
	log_info("no real-time scheduling reason=\"%s\"", strerror(errno));
	return false;
}

static void on_bgp_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	bfd_report_flush_bgp(w->data);
}

static void on_fib_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	bfd_report_flush_fib(w->data);
}

static void writers_init(struct bfd_proc *proc)
{
	ev_io_init(&proc->bgp_writable, on_bgp_writable, proc->bgp_fd, EV_WRITE);
	ev_io_init(&proc->fib_writable, on_fib_writable, proc->fib_fd, EV_WRITE);
	proc->bgp_writable.data = proc->fib_writable.data = proc;
}

static bool proc_init(struct bfd_proc *proc)
{
	uint32_t seed = 0;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed) ||
		getrandom(proc->random, sizeof(proc->random), 0) != sizeof(proc->random))
		return false;
	proc->random[0] |= 1;
	proc->table = bfd_table_new(seed);
	proc->loop = ev_loop_new(EVFLAG_NOENV);
	proc->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return bfd_rx_init(proc) && proc->table && proc->loop && proc->timer_fd >= 0;
}

static void proc_free(struct bfd_proc *proc)
{
	struct bfd_session *s;
	while (proc->table && (s = bfd_heap_first(&proc->table->heap)))
		bfd_peer_free(proc, bfd_peer_of(s));
	bfd_table_free(proc->table);
	free(proc->batch);
	if (proc->timer_fd >= 0)
		close(proc->timer_fd);
	if (proc->repeats_fd >= 0)
		close(proc->repeats_fd);
	if (proc->loop)
		ev_loop_destroy(proc->loop);
}

int bfd_process_run(int bgp_fd, int fib_fd)
{
	struct bfd_proc proc = {
		.bgp_fd = bgp_fd, .fib_fd = fib_fd, .timer_fd = -1, .repeats_fd = -1};
	log_init("bfd", LOG_LEVEL_INFO);
	ignore_signals();
	allow_descriptors();
	if (proc_init(&proc)) {
		log_native(LOG_JOURNAL_SOCKET);
		lock_memory();
		proc.realtime = become_realtime();
		writers_init(&proc);
		bfd_command_init(&proc);
		bfd_wake_init(&proc);
		ev_run(proc.loop, 0);
	} else {
		log_err("can't start error=\"%s\"", strerror(errno));
		proc.exit_code = 1;
	}
	proc_free(&proc);
	return proc.exit_code;
}
