/* The only place that reads a clock. A build with -Dtest_clock=true adds an offset in milliseconds from the
 * file that the environment names (8 bytes, little-endian, mapped: it may change at any time). */
#ifndef KEYS_CLOCK_H
#define KEYS_CLOCK_H

#include "proto/base.h"

/* Maps the test clock's file in a build that has one; nothing otherwise. A process that will be locked in
 * calls it before; others needn't. -1 where the file that was asked for can't be used. */
MUST_USE int clock_open(struct fault *fault);

/* Since 1970, by the wall clock. */
int64_t clock_wall_ms(void);
int64_t clock_wall_seconds(void);

/* Since this machine started, time asleep included; never goes back (save by a test clock). */
int64_t clock_boot_ms(void);

/* For how long something takes, and for what systemd calls its monotonic clock: microseconds of
 * CLOCK_MONOTONIC, whatever a test clock says. */
int64_t clock_monotonic_us(void);

#endif
