/*
 * The daemon as a service: ready, reloading, stopping, a line of status, the watchdog. bgp process.
 *
 * The watchdog is fed only when fib and bfd have answered a heartbeat that was sent after the last
 * feeding, and the bgp loop was there to take their answers: a hang of any of the three fails it.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "bgpd-lite/notify.h"

struct daemon;

enum {
	SERVICE_STATUS_MAX = 256,
};

struct service {
	struct notify notify;
	struct ev_timer beat;   /* heartbeats of the watchdog */
	struct ev_timer status; /* looks whether the line of status changed */
	bool ready;
	bool fib_asked; /* a heartbeat was sent, and not answered yet */
	bool bfd_asked;
	char text[SERVICE_STATUS_MAX]; /* as last told */
};

void service_start(struct daemon *d);
void service_stop(struct daemon *d);
void service_ready(struct daemon *d); /* the first configuration is applied, listeners are open */
/* Around a reload. */
void service_reloading(struct daemon *d);
void service_reloaded(struct daemon *d);
/* It stops when the drain, which begins now, is over. */
void service_draining(struct daemon *d);
void service_stopping(struct daemon *d);
/* The answers to a heartbeat. */
void service_fib_alive(struct daemon *d);
void service_bfd_alive(struct daemon *d);
