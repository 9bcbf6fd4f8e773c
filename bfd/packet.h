/*
 * The BFD control packet (RFC 5880 4.1): bytes to values and back, and the checks of 6.8.6 that
 * need the packet alone. Pure; used by the bfd process. Times on the wire are microseconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bfd/drop.h"

enum {
	BFD_PACKET_LEN = 24,      /* without authentication */
	BFD_PACKET_AUTH_LEN = 26, /* the least with it */
	BFD_PORT_SINGLE_HOP = 3784,
	BFD_PORT_MULTIHOP = 4784, /* RFC 5883 5 */
	BFD_TTL = 255,
};

struct bfd_packet {
	uint8_t diag;  /* enum bfd_diag, or a number we have no name for, 0..31 */
	uint8_t state; /* enum bfd_state */
	bool poll;
	bool final;
	bool control_plane_independent; /* C */
	bool auth;
	bool demand;
	uint8_t length; /* of the packet with its authentication; padding may follow */
	uint8_t multiplier;
	uint32_t my_discr;
	uint32_t your_discr;
	uint32_t desired_tx_us;
	uint32_t required_rx_us;
	uint32_t required_echo_rx_us;
};

/* A UDP payload of len bytes; it may be longer than the packet (RFC 9764). BFD_DROP_NONE and *out,
 * or the first check that failed, in the order of 6.8.6, and *out untouched. */
enum bfd_drop bfd_packet_decode(const void *bytes, size_t len, struct bfd_packet *out);

/* Without authentication: BFD_PACKET_LEN bytes. */
void bfd_packet_encode(const struct bfd_packet *p, uint8_t out[BFD_PACKET_LEN]);
