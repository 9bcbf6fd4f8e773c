/*
 * The bgp process: what it holds, and its parts. Everything here runs in one libev loop.
 *
 *   daemon.c     start, signals, ordered stop
 *   identity.c   the router id
 *   configure.c  which configuration is in force; history.c those before it
 *   contribute.c drop-ins that controllers place
 *   drop_ins.c   drop-ins that change
 *   site.c       what it is on this host
 *   apply.c      a snapshot becomes VRFs, filters, neighbours (a diff, never a restart)
 *   follow.c     neighbours that are in the VRF of their interface
 *   unnumbered.c neighbours that are named by their interface alone
 *   neighbor.c   one configured neighbour: session + rib peer + BFD session
 *   announcer.c  what we announce, and to whom (when.c, outlet.c)
 *   speaker.c    what a speaker of this host announces; feed.c what it hears of gateways
 *   drain.c      graceful shutdown of what we announce
 *   budget.c     the memory that routes may take (ration.c, cgroup.c)
 *   fibc.c       the client of the fib process: queue, events
 *   adopt.c      what an earlier life left in the kernel
 *   healing.c    what other programs did to our routes
 *   flush.c      the routes of one VRF leave the kernel
 *   bfdc.c       the client of the bfd process
 *   stall.c      how long the loop is busy at a time
 *   service.c    what the service manager is told; the watchdog
 *   ctl/         control socket: server, views as JSON, the client program
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bfd/channel.h"
#include "bgpd-lite/budget.h"
#include "bgpd-lite/drain.h"
#include "bgpd-lite/events.h"
#include "bgpd-lite/history.h"
#include "bgpd-lite/listen.h"
#include "bgpd-lite/repairs.h"
#include "bgpd-lite/rules.h"
#include "bgpd-lite/service.h"
#include "bgpd-lite/session.h"
#include "bgpd-lite/stall.h"
#include "bgpd-lite/drop_ins.h"
#include "conf/conf.h"
#include "lib/log.h"
#include "rib/rib.h"

struct announcer;
struct conf_files;
struct control;
struct neighbor;
struct waiting;

struct daemon_options {
	const char *config;     /* main file */
	const char **conf_dirs; /* conf.d directories, lowest priority first */
	size_t conf_dirs_n;
	const char *run_dir;
	const char *state_dir;
	const char *keys_dir;
	const char *user;
	bool debug;
	const char *host;              /* for [match]; NULL: this host's name */
	const char *const *interfaces; /* of --check; none: those that there are */
	size_t interfaces_n;
	const char *as; /* which of our processes this is (role.h); NULL: the first */
};

/* One channel of ours with its process. */
struct child {
	const char *name; /* "fib", "bfd" */
	pid_t pid;
	int fd;      /* bulk channel to fib, the channel to bfd */
	int urgent;  /* urgent channel to fib; -1 for bfd */
	bool gone;   /* the channel is of no use any more */
	bool failed; /* it was the first to go: the reason of the stop */
};

struct fib_client {
	struct ev_io readable;
	struct ev_io writable;
	struct ev_idle work;  /* rib_run in slices while there is something to do */
	struct ev_timer wake; /* rib_next_ms */
	bool synced;          /* links and addresses of the start are known */
	bool multipath;       /* [kernel] nexthop-mode, as it was read at the start */
	uint64_t packets_sent;
	uint64_t packets_done;
	uint64_t resyncs;                    /* notifications of the kernel were lost */
	struct repairs repairs;              /* SESSION_DOWN carried out */
	struct fib_msg_repaired last_repair; /* head.type 0: none yet */
	uint64_t drift_told[FIB_DRIFT_N];    /* of rib_drift() */
	struct log_limit drift_limit;
};

struct bfd_client {
	struct ev_io readable;
	struct ev_io writable;
	struct waiting *first, *last; /* requests that the socket had no room for */
	uint32_t next_id;
};

struct reload_result {
	uint64_t at_realtime_ns; /* 0: never */
	bool ok;                 /* no contributor in quarantine */
	unsigned changed;        /* neighbours changed without reset */
	unsigned added;
	unsigned removed;
	unsigned pending; /* neighbours whose change waits for their next start */
	uint32_t took_us; /* reading, comparing and applying: the loop did nothing else */
};

/* A reload that must be confirmed. */
struct confirm {
	struct ev_timer timer; /* active: it waits */
	bool reset;            /* as it was asked for */
	uint64_t until_ms;     /* CLOCK_MONOTONIC */
	char *before;          /* conf_history_encode() of what comes back; NULL: nothing waits */
	size_t len;
};

enum adopt_phase {
	ADOPT_UNKNOWN, /* what fib found is not known yet */
	ADOPT_KNOWN,
	ADOPT_LISTS, /* its routes are being listed */
	ADOPT_KEEPS, /* they stay as they are */
	ADOPT_ENDED, /* they are decided like others */
};

/* Gateways, groups and routes of an earlier life that stay in use. */
struct adopt {
	enum adopt_phase phase;
	size_t gateways_n;
	struct fib_gateway gateways[FIB_ADOPTED_GATEWAYS_MAX];
	struct ev_timer proof; /* those without a sign of life are dead */
};

/* Routes and objects of an earlier life of the daemon. */
enum daemon_sweep {
	DAEMON_SWEEP_WAITS, /* for End-of-RIB of all neighbours, or the deferral timer */
	DAEMON_SWEEP_DUE,   /* when the rib is at rest */
	DAEMON_SWEEP_DONE,
};

enum daemon_stop {
	DAEMON_RUNS,
	DAEMON_STOPS_BFD, /* AdminDown for a detection time */
	DAEMON_STOPS_FIB,
};

/* Names of the rib's VRF indexes; an index keeps its name over reloads. */
struct vrf_slot {
	char name[64];                /* "" free */
	struct rib_vrf set;           /* as the rib was last told */
	uint64_t flushed_realtime_ns; /* since when its routes are held back; 0: they are not */
};

/* A ceiling in force. */
struct interface_import {
	char name[CONF_INTERFACE_NAME_MAX];
	struct filter *filter;
};

/* Interfaces on which fib looks for the one neighbour. */
struct unnumbered_links {
	struct fib_unnumbered *link;
	size_t n;
};

struct daemon {
	struct ev_loop *loop;
	struct daemon_options options;
	struct conf *conf;        /* in force */
	struct conf_files *files; /* of the texts in force */
	struct history history;
	struct confirm confirm;
	struct drop_ins drop_ins;
	bool held; /* what is in force is not what the files say, by a roll back */
	struct rib *rib;
	struct listeners *listeners;
	struct neighbor **neighbors;
	size_t neighbors_n;
	struct unnumbered_links unnumbered; /* as fib was told */
	struct addr router_id;              /* ADDR_NONE: none yet, no neighbour can start */
	struct vrf_slot vrfs[RIB_VRFS_MAX];
	struct interface_import *imports;
	size_t imports_n;
	struct rules_told rules;
	struct child fib;
	struct child bfd;
	struct fib_client fibc;
	struct stall stall;
	struct bfd_client bfdc;
	struct announcer *announcer;
	unsigned feeds_n; /* neighbours that hear of gateways */
	struct drain drain;
	struct budget budget;
	struct control *control;
	struct service service;
	struct reload_result reload;
	struct events events;
	unsigned monitors_n; /* clients that watch them */
	uint32_t next_incarnation;
	uint64_t started_ms;
	uint64_t started_realtime_ns;
	bool applied;   /* a configuration was applied: links are known */
	bool host_kept; /* an earlier life on this boot may have left routes in the kernel */
	struct adopt adopt;
	enum daemon_sweep sweep;
	enum daemon_stop stop;
	bool stop_withdraws;
	char stop_why[128]; /* in words */
	int exit_code;
	struct ev_signal sig_hup, sig_term, sig_int;
	struct ev_child child_fib, child_bfd;
	struct ev_timer stop_timer;
	struct ev_timer sweep_timer;
	struct ev_timer trim_timer; /* after the last of some reloads */
};

/* Runs the bgp process until it is told to stop; the exit code of the program. */
int daemon_run(struct daemon *d);
/* Begins the ordered stop; the first call decides. withdraw: routes and sessions go with a word;
 * else BFD AdminDown for a detection time, TCP closed without NOTIFICATION, routes stay. */
void daemon_stop(struct daemon *d, int exit_code, bool withdraw);
void daemon_host_known(struct daemon *d);    /* links and addresses of the start are known */
void daemon_links_changed(struct daemon *d); /* the rib's host has changed */
void daemon_rib_at_rest(struct daemon *d);   /* every prefix is decided and handed to fib */
void daemon_end_of_rib(struct daemon *d);    /* a neighbour sent an End-of-RIB, or went */

/* identity.c: router id by configuration, kept state or the host's addresses. True when
 * d->router_id changed. */
bool identity_choose(struct daemon *d);

/* apply.c: from the snapshot in force (none at start) to the new one, which it takes over. */
void apply_conf(struct daemon *d, struct conf *next, bool reset);
int vrf_slot_find(const struct daemon *d, const char *name); /* -1: the rib has no such VRF */
/* Opens and closes listening sockets as the neighbours of now need. */
void listeners_sync(struct daemon *d);

/* follow.c: the VRF of each neighbour of the snapshot that is in the VRF of its interface. */
void follow_interfaces(const struct daemon *d, struct conf *c);
/* Links changed: those whose interface is in another VRF now begin anew there. True: some did. */
bool follow_links_changed(struct daemon *d);

/* unnumbered.c: interfaces or neighbours changed: fib is told where to look; it says whom it found.
 */
void unnumbered_sync(struct daemon *d);
void unnumbered_learn(struct daemon *d, const struct fib_link_peer *m);

/* fibc.c */
void fibc_start(struct daemon *d);
void fibc_kick(struct daemon *d); /* there may be work in the rib or packets to send */
void fibc_session_down(struct daemon *d, uint32_t incarnation, enum fib_cause cause);
/* A heartbeat; the answer goes to service_fib_alive(). */
void fibc_ping(struct daemon *d);
void fibc_stop(struct daemon *d, bool withdraw);

void fibc_gateway_down(struct daemon *d, uint32_t gateway);

/* reach.c */
struct neighbor;
void reach_receive(struct daemon *d, const struct fib_neighbor_state *m);
void reach_bfd_changed(struct neighbor *n); /* it came Up, is Up no more, or is asked for no more */

/* adopt.c */
void adopt_start(struct daemon *d);
/* False: the packet is none of these, or not whole. */
bool adopt_receive(struct daemon *d, const struct chan_head *head, size_t len);
void adopt_begin(struct daemon *d); /* before the first configuration is applied */
void adopt_list(struct daemon *d);  /* and after it: fib knows the tables */
bool adopt_end(struct daemon *d);   /* true: it has ended before */

/* healing.c */
/* False: the packet is none of these, or not whole. */
bool healing_receive(struct daemon *d, const struct chan_head *head, size_t len);
void healing_tell(struct daemon *d); /* logs what was repaired since it was last told */

/* flush.c: twice is once */
void flush_vrf(struct daemon *d, uint16_t vrf);
void flush_undo(struct daemon *d, uint16_t vrf);

/* bfdc.c */
void bfdc_start(struct daemon *d);
void bfdc_set(struct daemon *d, const struct bfd_msg_set *m); /* head is filled in here */
void bfdc_remove(struct daemon *d, uint32_t id);
/* Asks for fresh statistics of all; they arrive in neighbor.bfd_stats. */
void bfdc_query(struct daemon *d);
/* A heartbeat; the answer goes to service_bfd_alive(). */
void bfdc_ping(struct daemon *d);
void bfdc_stop(struct daemon *d);
void bfdc_free(struct daemon *d);
