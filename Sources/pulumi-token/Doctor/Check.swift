import HostSystem
import JSON

/// One thing that `doctor` looked at.
struct Check: Equatable {
    enum Status: String {
        case ok, warning, broken
    }

    /// In the order in which `mint` comes to what may be broken; whatever comes later never gets its turn.
    enum Name: String, CaseIterable {
        case export, kind, ttl, session, cloud, credential, folder, lease, trust, proxy, answer, account, organization
        case system, masking, clock, cli, helper
    }

    var name: Name
    var status: Status
    /// What was found, never a secret.
    var detail: String
    /// The way out; nil when there is nothing to do.
    var hint: String?
    /// What `mint` would end with because of this.
    var exitCode = ExitCode.done

    /// What `mint` would end with.
    static func exitCode(of checks: [Check]) -> ExitCode {
        let broken = Name.allCases.compactMap { name in checks.first { $0.name == name && $0.status == .broken } }
        return broken.first?.exitCode ?? .done
    }

    static func ok(_ name: Name, _ detail: String) -> Check {
        Check(name: name, status: .ok, detail: detail)
    }

    static func warning(_ name: Name, _ detail: String, hint: String? = nil) -> Check {
        Check(name: name, status: .warning, detail: detail, hint: hint)
    }

    static func broken(_ name: Name, _ error: Explanation) -> Check {
        Check(name: name, status: .broken, detail: error.message, hint: error.hint, exitCode: error.exitCode)
    }
}

extension Check {
    /// `{"name","status","detail","hint"}`, the hint only where there is one; members are only ever added.
    func write(to text: inout JSONText) {
        text.object { check in
            check.member("name", name.rawValue)
            check.member("status", status.rawValue)
            check.member("detail", detail)
            check.member("hint", hint)
        }
    }
}
