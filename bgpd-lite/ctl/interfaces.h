/*
 * The varlink interface files as texts of the program; interfaces.c is made from them by the build.
 */
#pragma once

extern const char interface_bgpd_lite[];
extern const char interface_varlink_service[];
