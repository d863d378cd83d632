/* How mat2 is told to clean a document, sound or film: a command line for locked_tool.h. */
#ifndef DEFENDER_MAT2_H
#define DEFENDER_MAT2_H

#include "locked_tool.h"
#include "proto/document.h"

#define MAT2 "/usr/bin/mat2"

/* The file is its standard input, the copy what it says, at most so long. */
struct locked_tool mat2_for(enum document document, uint64_t most_bytes);

#endif
