/*
 * TCP sockets for BGP and their options. bgp process. None of these needs a capability but binding
 * to a port below 1024. All return 0 (or what is said) or -errno, outputs untouched on failure.
 *
 * Every socket is non-blocking and close-on-exec, sends TTL 255 (RFC 5082), TOS 0xc0 (RFC 4271
 * E.2), priority 6, without Nagle's delay.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

struct tcp_end {
	struct addr addr;
	uint16_t port;
	uint32_t scope; /* ifindex of a link-local IPv6 address, else 0 */
};

struct tcp_target {
	struct tcp_end remote;
	struct addr source; /* ADDR_NONE: the kernel chooses */
	const char *device; /* bound to it before anything else; "" for none */
	uint8_t ttl_min;    /* lowest TTL accepted; 0: any */
	const uint8_t *key; /* TCP-MD5, RFC 2385 */
	uint8_t key_len;    /* 0: none */
};

/* Begins to connect. *step says what failed ("bind to device red"), static or in the buffer. */
int tcp_connect(const struct tcp_target *t, int *fd, char *step, size_t step_capacity);
/* How the connect ended: 0 or -errno. */
int tcp_connect_result(int fd);
/* A listening socket on all addresses of one family. IPv6 sockets take no IPv4. */
int tcp_listen(enum addr_family family, const char *device, uint16_t port, int *fd);
/* The next connection, its peer in *remote; tcp_accepted() gives it the common options. */
int tcp_accepted(int fd, enum addr_family family);
int tcp_accept(int listener, int *fd, struct tcp_end *remote);
/* The TTL of the segment that completed the handshake of an accepted connection: what came before
 * tcp_ttl_min_set() was not checked by the kernel. */
int tcp_handshake_ttl(int fd, enum addr_family family, uint8_t *ttl);
int tcp_ttl_min_set(int fd, enum addr_family family, uint8_t ttl_min);
/* Key for segments from and to addr; key_len 0 takes it away. */
int tcp_md5_set(int fd, struct addr addr, const uint8_t *key, uint8_t key_len);
int tcp_local(int fd, struct tcp_end *out);
int tcp_remote(int fd, struct tcp_end *out);
/* Our address that the kernel would take towards remote, in the VRF of the device ("" for none). */
int tcp_source(const char *device, struct addr remote, struct addr *out);
/* Device the socket is bound to, "" for none. */
int tcp_device(int fd, char device[16]);
/* Bytes sent that the peer's TCP has not acknowledged. */
int tcp_unacknowledged(int fd, size_t *bytes);
/* Ends what we send, reads away what has come (so that no RST overtakes our last message), closes.
 */
void tcp_close(int fd);
