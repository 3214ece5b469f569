package import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A terminal, by one of the descriptors that lead to it.
package struct Terminal: Sendable {
    package let descriptor: Int32

    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// How the terminal treats what is typed and shown; nil when it is gone.
    package var attributes: termios? {
        var attributes = termios()
        return tcgetattr(descriptor, &attributes) == 0 ? attributes : nil
    }

    /// Sets the attributes when everything written so far has been shown; what was typed already stays.
    package func set(_ attributes: termios) {
        var attributes = attributes
        while tcsetattr(descriptor, TCSADRAIN, &attributes) != 0 && errno == EINTR {}
    }

    /// nil when the terminal is gone.
    package var size: winsize? {
        var size = winsize()
        return platform_get_window_size(descriptor, &size) == 0 ? size : nil
    }

    /// The process group that may read from the terminal and gets the signals of its keys; nil when it is not the
    /// controlling terminal of this process.
    package var foregroundGroup: pid_t? {
        let group = tcgetpgrp(descriptor)
        return group >= 0 ? group : nil
    }

    /// Whether this process is in the foreground group.
    package var isOurs: Bool { foregroundGroup == getpgrp() }

    /// Makes another process group the one in the foreground.
    ///
    /// SIGTTOU has to be blocked, so that it works from the background too.
    package func give(to group: pid_t) {
        _ = tcsetpgrp(descriptor, group)
    }
}

extension termios {
    /// Every byte that is typed arrives at once and unchanged, and every byte that is written is shown unchanged.
    package var raw: termios {
        var copy = self
        cfmakeraw(&copy)
        return copy
    }

    /// What is written is not changed on its way.
    package var withoutOutputProcessing: termios {
        var copy = self
        copy.c_oflag &= ~tcflag_t(OPOST)
        return copy
    }
}
