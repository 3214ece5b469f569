import HostSystem

/// One thing that `doctor` looked at.
struct Check: Encodable, Equatable {
    enum Status: String, Encodable {
        case ok, warning, broken
    }

    /// One word.
    var name: String
    var status: Status
    /// What was found, never a secret.
    var detail: String
    /// The way out; nil when there is nothing to do.
    var hint: String?
    /// What `mint` would end with because of this.
    var exitCode = ExitCode.done

    private enum CodingKeys: String, CodingKey {
        case name, status, detail, hint
    }

    static func ok(_ name: String, _ detail: String) -> Check {
        Check(name: name, status: .ok, detail: detail)
    }

    static func warning(_ name: String, _ detail: String, hint: String? = nil) -> Check {
        Check(name: name, status: .warning, detail: detail, hint: hint)
    }

    static func broken(_ name: String, _ error: Explanation) -> Check {
        Check(name: name, status: .broken, detail: error.message, hint: error.hint, exitCode: error.exitCode)
    }
}

/// `{"version":1,"checks":[…]}`; members are only ever added.
struct CheckList: Encodable {
    var version = 1
    var checks: [Check]
}
