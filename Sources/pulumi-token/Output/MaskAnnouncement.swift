import CISystems
import HostSystem
import Redaction
import TokenLifecycle

/// Tells the CI system what its log must not show, before anything else is written.
struct MaskAnnouncement {
    let context: Context
    let console: Console

    /// Masks every form of a secret.
    ///
    /// - Throws: when a system that can mask was not reached; where none can, nothing is printed and nothing thrown.
    func mask(_ secret: Secret) throws(any ExplainedError) {
        console.hide(secret)
        let forms = maskForms(of: secret)
        if case .buildkiteRedactor(let program) = context.system.masking {
            return try maskByBuildkite(forms, program)
        }
        let announcement = context.system.masking.maskLines(for: forms)
        do throws(FileError) {
            try context.standardError.write(joined(announcement.lines))
        } catch {
            throw Explanation(.cannotWrite, "cannot mask the token: \(error.path): \(error.reason)")
        }
        if context.system.masking != .none, announcement.unmaskable.contains(where: { $0 == secret }) {
            console.warning(
                "\(context.system.name) cannot mask this value in the log",
                hint: "use pulumi-token exec, which redacts"
            )
        }
    }

    private func maskByBuildkite(_ forms: [Secret], _ program: String) throws(any ExplainedError) {
        do throws(ExportError) {
            _ = try BuildkiteRedactor(program: program, environment: context.environment)
                .add(forms, clock: context.clock)
        } catch {
            throw ExplainedExportError(error)
        }
    }

    /// In one write, so that no other line comes between.
    private func joined(_ lines: [Secret]) -> Secret {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(0) { $0 + $1.count })
        defer { wipe(&bytes) }
        for line in lines { line.reveal { bytes += $0 } }
        return Secret(bytes)
    }
}
