#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

/* Runs the role on the supervisor's channel until that ends; returns the exit status. */
int notify_main(int supervisor_fd);

#endif
