"""The site's own processes, made mortal: with these settings one dies, or loses its database, at a step.

Nothing of the product knows of it: web, worker and commands are started as ever, with
DJANGO_SETTINGS_MODULE=tests.mortal.settings and MORTAL_ROLE=web or worker. Steps are counted where the
process touches the world: before each statement, before and after each commit, before and after each call to
Stripe.

A warrant is a file `warrant-ROLE.json` in VAR_DIR: at which step (`step`), of work about what (`about`, an
id), and how (`how`: kill or cut). Counting begins with the first row that is locked, or the first call to
Stripe, that names the id. The warrant is gone once it counts; `deaths-ROLE.log` says where each ended.
"""
