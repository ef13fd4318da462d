// What runs in every frame of the project, before any script of the page: the whole bundle.
//
// First the files that change what a page finds, in the order in which they do so: a later one may
// wrap what an earlier one has replaced, and listeners run in the order they were added. Then what
// is asked for from outside this bundle: by other frames of the project, by the shell, by Python
// and by tests. It is put on `ownRealm`, which is `__fanreel`.

import "./root_attributes.js";
import "./page_time.js";
import "./random.js";
import "./animation_api.js";
import "./wallclock.js";
import "./letters.js";
import "./families.js";
import "./generics.js";
import "./root_box.js";
import "./stacking.js";
import "./clips.js";
import "./timelines.js";
import "./runtimes.js";
import "./workers.js";
import "./resources.js";
import "./media_elements.js";
import "./media.js";
import "./video_substitutes.js";
import "./bindings.js";
import "./lookups.js";
import "./scoped_realm.js";
import "./nesting.js";
import "./volumes.js";
import "./fonts.js";
import "./remote_frames.js";
import "./remote_orders.js";
import "./compositing.js";

import * as animations from "./animations.js";
import { clips } from "./clips.js";
import { clock } from "./clock.js";
import { describe } from "./describe.js";
import * as fontReport from "./font_report.js";
import * as fonts from "./fonts.js";
import * as generics from "./generics.js";
import * as grading from "./grading.js";
import * as instances from "./instances.js";
import * as lookups from "./lookups.js";
import * as media from "./media.js";
import * as mediaKeys from "./media_keys.js";
import { setMediaInfo } from "./media_list.js";
import * as modules from "./modules.js";
import { nameOf } from "./naming.js";
import * as nesting from "./nesting.js";
import { check } from "./page_variables.js";
import * as ramps from "./ramps.js";
import { reseed } from "./random.js";
import { ready } from "./readiness.js";
import { ownRealm, report } from "./realm.js";
import * as resources from "./resources.js";
import { rootAttributes } from "./root_attributes.js";
import { runtimes } from "./runtimes.js";
import { seek } from "./seek.js";
import * as selectors from "./selectors.js";
import * as sizes from "./sizes.js";
import * as svgImages from "./svg_images.js";
import * as timelines from "./timelines.js";
import * as vfx from "./vfx.js";
import * as videoHomes from "./video_homes.js";
import * as workers from "./workers.js";

const offered = {
  animations,
  checkVariables: check,
  clips,
  clock,
  describe,
  fontReport,
  fonts,
  generics,
  grading,
  instances,
  lookups,
  media,
  mediaKeys,
  modules,
  nameOf,
  nesting,
  ramps,
  ready,
  report,
  reseed,
  resources,
  runtimes,
  seek,
  selectors,
  setMediaInfo,
  sizes,
  svgImages,
  timelines,
  vfx,
  videoHomes,
  workers,
  get rootAttributes() {
    return rootAttributes;
  },
};
Object.defineProperties(ownRealm, Object.getOwnPropertyDescriptors(offered));

/** @typedef {typeof offered} Offered */
