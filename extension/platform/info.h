/*
 * info.h
 *		How a store tells caliper.info about itself.
 */
#ifndef CAL_INFO_H
#define CAL_INFO_H

/* One row of caliper.info; unit is "entries", "bytes", "events", ... */
typedef void (*CalInfoEmit) (void *arg, const char *component,
							 const char *name, double value,
							 const char *unit);

#endif							/* CAL_INFO_H */
