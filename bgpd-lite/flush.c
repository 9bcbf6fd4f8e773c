/* The routes of one VRF leave the kernel at an operator's word, and come back at another. Over
 * reloads, not over a restart: what is known of it goes with the VRF's slot. */
#include "bgpd-lite/daemon.h"
#include "lib/clock.h"
#include "lib/log.h"

void flush_vrf(struct daemon *d, uint16_t vrf)
{
	struct vrf_slot *v = &d->vrfs[vrf];
	unsigned long long n = rib_vrf_installed(d->rib, vrf);

	if (v->flushed_realtime_ns)
		return;
	v->flushed_realtime_ns = clock_realtime_ns();
	rib_vrf_flush(d->rib, vrf, true);
	fibc_kick(d);
	log_event(LOG_LEVEL_WARN, LOG_ID_ADMIN, "flush vrf=\"%s\" by=operator routes=%llu", v->name,
		n);
	events_add(&d->events, v->flushed_realtime_ns, EVENT_ADMIN, v->name,
		"flush of the VRF: %llu routes leave the kernel", n);
}

void flush_undo(struct daemon *d, uint16_t vrf)
{
	struct vrf_slot *v = &d->vrfs[vrf];

	if (!v->flushed_realtime_ns)
		return;
	v->flushed_realtime_ns = 0;
	rib_vrf_flush(d->rib, vrf, false);
	fibc_kick(d);
	log_event(LOG_LEVEL_INFO, LOG_ID_ADMIN, "flush undone vrf=\"%s\" by=operator", v->name);
	events_add(&d->events, clock_realtime_ns(), EVENT_ADMIN, v->name,
		"flush of the VRF undone: its routes are written again");
}
