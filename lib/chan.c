#include "lib/chan.h"

#include <errno.h>
#include <sys/socket.h>

int chan_pair(int fd[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) < 0)
		return -errno;
	return 0;
}

int chan_send(int fd, const void *packet, size_t len)
{
	ssize_t n;
	do
		n = send(fd, packet, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

ssize_t chan_recv(int fd, void *packet, size_t capacity)
{
	ssize_t n;
	do
		n = recv(fd, packet, capacity, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n > capacity ? -EMSGSIZE : n;
}
