package import PulumiCloud

/// What a job receives besides the token itself.
package struct Surroundings: Equatable, Sendable {
    /// Set when the job would not find the cloud by itself.
    package var cloud: CloudURL?
    /// A private `PULUMI_CREDENTIALS_PATH`.
    package var credentialsFolder: String?
    /// Set when nobody else knows the session.
    package var session: String?
    /// The folder of the lease, in which an export may leave files.
    package var folder: String?
}
