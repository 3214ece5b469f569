package import Secrets

/// How a room below the front door speaks to people: one line each, lower case, no full stop, no secret.
package struct Reporter {
    /// What happened, as expected.
    package var info: (String) -> Void
    /// What somebody should know, though all is well.
    package var notice: (String) -> Void
    /// What needs a person, and the way out.
    package var warning: (_ message: String, _ hint: String?) -> Void
    /// What only somebody who looks for a fault wants to read.
    package var trace: (String) -> Void
    /// From now on no message shows this value, in any form.
    package var hide: (Secret) -> Void

    package init(
        info: @escaping (String) -> Void,
        notice: @escaping (String) -> Void,
        warning: @escaping (_ message: String, _ hint: String?) -> Void,
        trace: @escaping (String) -> Void,
        hide: @escaping (Secret) -> Void
    ) {
        self.info = info
        self.notice = notice
        self.warning = warning
        self.trace = trace
        self.hide = hide
    }
}
