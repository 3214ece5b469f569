# A Pulumi token around recipes. Include this last in your Makefile; it needs GNU make 3.81 or later.
#
#   deploy:
#   	$(PULUMI_TOKEN_EXEC) pulumi up --yes        # a token for one command
#
#   PULUMI_TOKEN_GOALS = deploy destroy             # a token around whole goals: their recipes find it in the
#   include pulumi-token.mk                         # environment, and it is revoked when make ends
#
# PULUMI_TOKEN_BIN        the executable (pulumi-token)
# PULUMI_TOKEN_FLAGS      options of exec, such as --ttl 20m
# PULUMI_TOKEN_GOALS      goals, patterns too, that get a token when make is asked for them; set it before the include
# PULUMI_TOKEN_MAKEFILES  what make was given with -f, where that is more than one file
#
# The token is in the environment of recipes only: write $$PULUMI_ACCESS_TOKEN in a recipe, never a make variable.
# docs/make.md says what is done how, and what it cannot do.

ifndef pulumi_token_included
pulumi_token_included := yes

PULUMI_TOKEN_BIN ?= pulumi-token
PULUMI_TOKEN_FLAGS ?=
PULUMI_TOKEN_GOALS ?=
# A makefile of the variable MAKEFILES is read anyway.
PULUMI_TOKEN_MAKEFILES ?= $(firstword $(filter-out $(MAKEFILES),$(MAKEFILE_LIST)))

# Where all variables are exported, a make below this one must not take ours for its own.
unexport PULUMI_TOKEN_EXEC PULUMI_TOKEN_OUTSIDE pulumi_token_included

ifneq ($(PULUMI_TOKEN_MAKE)$(PULUMI_ACCESS_TOKEN_ID),)

# Inside: a make above this one, or the CI job, has a token. Recipes use it, and nothing more is done.
PULUMI_TOKEN_EXEC =

# Of several makefiles after -f, this make was given those of PULUMI_TOKEN_MAKEFILES. What the one outside read in the
# others is missing here. Makes below this one read files of their own.
unexport PULUMI_TOKEN_READ
ifdef PULUMI_TOKEN_READ
ifeq ($(PULUMI_TOKEN_MAKE),$(MAKELEVEL))
pulumi_token_missing = $(filter-out $(MAKEFILE_LIST),$(value PULUMI_TOKEN_READ))
%: export pulumi_token_unread = $(if $(pulumi_token_missing),$(error name in PULUMI_TOKEN_MAKEFILES what make was given with -f: under the token it did not read $(pulumi_token_missing)))
endif
endif

else

PULUMI_TOKEN_EXEC = $(PULUMI_TOKEN_BIN) exec $(PULUMI_TOKEN_FLAGS) --

pulumi_token_wanted := $(filter $(PULUMI_TOKEN_GOALS),$(or $(MAKECMDGOALS),$(.DEFAULT_GOAL)))
# Nothing is run with -n, -q or -t. MFLAGS is MAKEFLAGS without variables; make 3.81 has letters in several of its words.
pulumi_token_switches := $(filter-out --% -I% -j% -l% -O%,$(filter -%,$(MFLAGS)))
pulumi_token_idle := $(strip $(foreach switch,n q t,$(findstring $(switch),$(pulumi_token_switches))))

ifeq ($(pulumi_token_idle),)
ifneq ($(pulumi_token_wanted),)

# Outside: this make runs one thing, which is a second make for the same goals inside `exec`, whose end, failure and
# interrupt are the token's.
PULUMI_TOKEN_OUTSIDE := yes

.PHONY: .pulumi-token-run
.pulumi-token-run: override SHELL := /bin/sh
.pulumi-token-run: override .SHELLFLAGS := -c
.pulumi-token-run:
	@+exec env PULUMI_TOKEN_MAKE="$$MAKELEVEL" PULUMI_TOKEN_READ='$(subst ','\'',$(MAKEFILE_LIST))' $(PULUMI_TOKEN_EXEC) $(MAKE) $(foreach name,$(PULUMI_TOKEN_MAKEFILES),-f '$(name)') $(foreach goal,$(MAKECMDGOALS),'$(subst ','\'',$(goal))')

ifeq ($(MAKECMDGOALS),)
.DEFAULT_GOAL := .pulumi-token-run
else
# What the goals were to do here is done by a shell that does nothing, and in silence. Their prerequisites inherit that.
# A target with a SHELL of its own is told to read and not to run, which make 3.81 cannot say.
.SILENT:
$(MAKECMDGOALS): override SHELL := true
$(MAKECMDGOALS): override .SHELLFLAGS := -n -c
$(pulumi_token_wanted): .pulumi-token-run
endif

else

# The list may be set, and the default goal be known, only below this line. Made without a token, a goal would use the
# credential that mints.
%: export pulumi_token_late = $(if $(filter $(PULUMI_TOKEN_GOALS),$(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))),$(error include pulumi-token.mk last: PULUMI_TOKEN_GOALS or the default goal became known after it, too late for a token))

endif
endif
endif
endif
