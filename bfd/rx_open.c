/* The receiving sockets: opening, sorting, watching. */
#include "bfd/proc.h"
#include "bfd/socket.h"
#include "lib/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void on_repeats(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	bfd_rx_read_repeats(w->data, clock_ns());
}

bool bfd_rx_init(struct bfd_proc *proc)
{
	proc->batch = bfd_rx_batch_new();
	proc->repeats_fd = epoll_create1(EPOLL_CLOEXEC);
	proc->full_ns = BFD_NEVER;
	ev_io_init(&proc->repeats, on_repeats, proc->repeats_fd, EV_READ);
	proc->repeats.data = proc;
	return proc->batch && proc->repeats_fd >= 0;
}

void bfd_rx_watch_repeats(struct bfd_proc *proc)
{
	if (proc->init_n)
		ev_io_start(proc->loop, &proc->repeats);
	else
		ev_io_stop(proc->loop, &proc->repeats);
}

static bool port_is_new(const struct bfd_rx *like)
{
	for (const struct bfd_rx *rx = like->proc->rx; rx; rx = rx->next)
		if (rx->family == like->family && rx->multihop == like->multihop &&
			rx->news.fd >= 0)
			return false;
	return true;
}

static void queue_open(struct bfd_rx_queue *q, int fd)
{
	*q = (struct bfd_rx_queue){
		.fd = fd, .drops = bfd_socket_drops(fd), .emptied_ns = clock_ns()};
}

static void queue_close(struct bfd_rx_queue *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
}

static void rx_close(struct bfd_rx *rx)
{
	if (rx->news.fd < 0)
		return;
	ev_io_stop(rx->proc->loop, &rx->io);
	queue_close(&rx->repeats);
	queue_close(&rx->news);
	rx->busy = false;
}

/* Where the kernel can't sort, all packets are news. */
static void open_repeats(struct bfd_rx *rx)
{
	const char *what;
	struct epoll_event readable = {.events = EPOLLIN, .data.ptr = rx};
	int fd = bfd_socket_rx(rx->device, rx->family, bfd_port(rx->multihop), false, &what);
	if (fd < 0)
		return;
	queue_open(&rx->repeats, fd);
	if (epoll_ctl(rx->proc->repeats_fd, EPOLL_CTL_ADD, fd, &readable) < 0 ||
		bfd_socket_sort(fd) < 0)
		queue_close(&rx->repeats);
}

void bfd_rx_zero_checksum(struct bfd_rx *rx, int more)
{
	rx->zero_checksum_n += more;
	if (rx->family == ADDR_V6 && rx->news.fd >= 0)
		bfd_socket_zero_checksum(rx->news.fd, rx->zero_checksum_n > 0);
	if (rx->family == ADDR_V6 && rx->repeats.fd >= 0)
		bfd_socket_zero_checksum(rx->repeats.fd, rx->zero_checksum_n > 0);
}

static int rx_open(struct bfd_rx *rx, const char **what)
{
	int fd = bfd_socket_rx(
		rx->device, rx->family, bfd_port(rx->multihop), port_is_new(rx), what);
	if (fd < 0)
		return fd;
	queue_open(&rx->news, fd);
	open_repeats(rx);
	rx->ifindex = bfd_socket_ifindex(fd);
	rx->pace_ns = clock_ns();
	rx->pace_n = 0;
	ev_io_init(&rx->io, bfd_rx_readable, fd, EV_READ);
	rx->io.data = rx;
	ev_io_start(rx->proc->loop, &rx->io);
	return 0;
}

static struct bfd_rx *find_or_make(struct bfd_proc *proc, const struct bfd_session *s)
{
	enum addr_family family = (enum addr_family)s->local.family;
	for (struct bfd_rx *rx = proc->rx; rx; rx = rx->next)
		if (rx->family == family && rx->multihop == s->multihop &&
			strcmp(rx->device, s->device) == 0)
			return rx;
	struct bfd_rx *rx = calloc(1, sizeof(*rx));
	if (!rx)
		return NULL;
	*rx = (struct bfd_rx){.next = proc->rx,
		.proc = proc,
		.family = family,
		.multihop = s->multihop,
		.news.fd = -1,
		.repeats.fd = -1};
	memcpy(rx->device, s->device, sizeof(rx->device));
	proc->rx = rx;
	return rx;
}

/* A bound socket stays with the device it was bound to: where the device of that name is another
 * one now, it is opened anew. */
struct bfd_rx *bfd_rx_get(struct bfd_proc *proc, const struct bfd_session *s, uint32_t ifindex,
	int *error, const char **what)
{
	struct bfd_rx *rx = find_or_make(proc, s);
	*error = rx ? 0 : -ENOMEM;
	*what = "memory";
	if (!rx)
		return NULL;
	rx->users++;
	if (rx->ifindex != ifindex)
		rx_close(rx);
	if (rx->news.fd < 0)
		*error = rx_open(rx, what);
	bfd_rx_zero_checksum(rx, s->zero_checksum);
	if (*error == 0)
		return rx;
	bfd_rx_put(rx, s);
	return NULL;
}

void bfd_rx_put(struct bfd_rx *rx, const struct bfd_session *s)
{
	bfd_rx_zero_checksum(rx, -s->zero_checksum);
	if (--rx->users)
		return;
	rx_close(rx);
	struct bfd_rx **at = &rx->proc->rx;
	while (*at != rx)
		at = &(*at)->next;
	*at = rx->next;
	free(rx);
}
