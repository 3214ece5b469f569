/// How a room below the front door speaks to people: one line each, lower case, no full stop, no secret.
package struct Reporter {
    /// What happened, as expected.
    package var info: (String) -> Void
    /// What somebody should know, though all is well.
    package var notice: (String) -> Void
    /// What needs a person.
    package var warning: (String) -> Void

    package init(
        info: @escaping (String) -> Void,
        notice: @escaping (String) -> Void,
        warning: @escaping (String) -> Void
    ) {
        self.info = info
        self.notice = notice
        self.warning = warning
    }
}
