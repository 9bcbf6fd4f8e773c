/*
 * One netlink socket (libnl-3): bytes to rtnetlink, and what comes back. fib process, edge.
 *
 * All that fib asks of the kernel and hears from it passes here, and nothing else does: a test puts
 * a kernel of its own behind these functions. Extended ACKs, capped answers and strict checking of
 * dumps are on. Errors are -errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sock_filter;
struct transport;

/* receive_bytes: room for what was not read yet, beyond the host's limit with CAP_NET_ADMIN. */
int transport_open(struct transport **out, int receive_bytes);
void transport_close(struct transport *t);   /* NULL: nothing */
int transport_fd(const struct transport *t); /* to poll for reading */
uint32_t transport_port(
	const struct transport *t); /* nlmsg_pid of what follows from its requests */
int transport_join(struct transport *t, int group); /* RTNLGRP_* */
/* A classic BPF program that says which notifications are kept. */
int transport_filter(struct transport *t, const struct sock_filter *code, size_t n);
/* Whole messages, one after the other. */
int transport_send(struct transport *t, const void *bytes, size_t len);
/* One datagram. `wait`: for a while, else -EAGAIN when none waits. -ENOBUFS: some were lost;
 * -EMSGSIZE: this one was longer, and is. */
ssize_t transport_recv(struct transport *t, void *bytes, size_t capacity, bool wait);
