#include "bfd/packet.h"
#include "lib/wire.h"

enum {
	FLAG_POLL = 0x20,
	FLAG_FINAL = 0x10,
	FLAG_INDEPENDENT = 0x08,
	FLAG_AUTH = 0x04,
	FLAG_DEMAND = 0x02,
	FLAG_MULTIPOINT = 0x01,
};

static enum bfd_drop check_head(struct rd *r, size_t payload, struct bfd_packet *p)
{
	uint8_t first = rd_u8(r);
	if (r->err)
		return BFD_DROP_TRUNCATED;
	if (first >> 5 != 1)
		return BFD_DROP_VERSION;
	uint8_t flags = rd_u8(r);
	p->multiplier = rd_u8(r);
	uint8_t length = rd_u8(r);
	if (r->err)
		return BFD_DROP_TRUNCATED;
	p->auth = flags & FLAG_AUTH;
	if (length < (p->auth ? BFD_PACKET_AUTH_LEN : BFD_PACKET_LEN))
		return BFD_DROP_LENGTH;
	if (length > payload)
		return BFD_DROP_TRUNCATED;
	if (p->multiplier == 0)
		return BFD_DROP_MULTIPLIER;
	if (flags & FLAG_MULTIPOINT)
		return BFD_DROP_MULTIPOINT;
	p->length = length;
	p->diag = first & 0x1f;
	p->state = flags >> 6;
	p->poll = flags & FLAG_POLL;
	p->final = flags & FLAG_FINAL;
	p->control_plane_independent = flags & FLAG_INDEPENDENT;
	p->demand = flags & FLAG_DEMAND;
	return BFD_DROP_NONE;
}

enum bfd_drop bfd_packet_decode(const void *bytes, size_t len, struct bfd_packet *out)
{
	struct bfd_packet p = {0};
	struct rd r = rd_init(bytes, len);
	enum bfd_drop drop = check_head(&r, len, &p);
	if (drop != BFD_DROP_NONE)
		return drop;
	p.my_discr = rd_u32(&r);
	p.your_discr = rd_u32(&r);
	p.desired_tx_us = rd_u32(&r);
	p.required_rx_us = rd_u32(&r);
	p.required_echo_rx_us = rd_u32(&r);
	if (r.err)
		return BFD_DROP_TRUNCATED;
	if (p.my_discr == 0)
		return BFD_DROP_MY_DISCR;
	*out = p;
	return BFD_DROP_NONE;
}

void bfd_packet_encode(const struct bfd_packet *p, uint8_t out[BFD_PACKET_LEN])
{
	struct wr w = wr_init(out, BFD_PACKET_LEN);
	wr_u8(&w, (uint8_t)(1 << 5 | (p->diag & 0x1f)));
	wr_u8(&w,
		(uint8_t)(p->state << 6 | (p->poll ? FLAG_POLL : 0) | (p->final ? FLAG_FINAL : 0) |
			  (p->control_plane_independent ? FLAG_INDEPENDENT : 0) |
			  (p->demand ? FLAG_DEMAND : 0)));
	wr_u8(&w, p->multiplier);
	wr_u8(&w, BFD_PACKET_LEN);
	wr_u32(&w, p->my_discr);
	wr_u32(&w, p->your_discr);
	wr_u32(&w, p->desired_tx_us);
	wr_u32(&w, p->required_rx_us);
	wr_u32(&w, p->required_echo_rx_us);
}
