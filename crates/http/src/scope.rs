//! `?organization_id=` of routes without an organization in their path.

use auth_domain::ids::OrganizationId;
use auth_http_kit::input::Id;
use auth_http_kit::wire_object;

wire_object! {
    /// The organization that a platform caller asks about.
    #[example({"organization_id": 3})]
    pub(crate) struct OfOrganization => Option<OrganizationId>, by organization {
        /// The organization, for platform callers; absent: one's own.
        organization_id: optional Id<OrganizationId>,
    }
}

fn organization(OfOrganization { organization_id }: OfOrganization) -> Option<OrganizationId> {
    organization_id
}
